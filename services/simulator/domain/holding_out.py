"""Answers held-out calls from what is left, tier by tier, with the very code that serves episodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.simulator.domain.fidelity import Scale, Trial, folds
from services.simulator.domain.likeness import Index
from services.simulator.domain.outcomes_agreement import Uses
from services.simulator.domain.ports import Counts, Library, LiveCall, Made, Moves, NotMade, Respelt
from services.simulator.domain.recordings import key_of
from services.simulator.domain.replaying import Reply, Tier, replay
from services.simulator.domain.retrieval import Corner, indexed, servable
from services.simulator.domain.situation import Situation
from services.simulator.domain.snapshots import Content
from services.simulator.domain.spelling import Call
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import Recording
from shared.model.catalogue import Effect, ServerRecord, ToolRecord
from shared.model.tasks import Task, TaskState
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of
from shared.proof.plain import plain_json


class Without:
    """The `Library` port over another one, some keys of it hidden."""

    def __init__(self, library: Library, hidden: frozenset[str]) -> None:
        self._library, self._hidden = library, hidden

    @property
    def snapshot_id(self) -> str:
        """See `Library`."""
        return self._library.snapshot_id

    @property
    def revision(self) -> int:
        """See `Library`."""
        return self._library.revision

    def recordings_at(self, key: str) -> Sequence[Recording]:
        """See `Library`."""
        return () if key in self._hidden else self._library.recordings_at(key)

    def recording(self, recording_id: str) -> Recording | None:
        """See `Library`."""
        found = self._library.recording(recording_id)
        return None if found and key_of(found) in self._hidden else found

    def respelt(self, call: Call) -> Respelt | None:
        """See `Library`."""
        found = self._library.respelt(call)
        return None if found and key_of(found.recording) in self._hidden else found

    def moves(self, server_digest: str, tool: str) -> Moves:
        """See `Library`."""
        # Nothing to hide: only tools that were never seen to move anything are held out.
        return self._library.moves(server_digest, tool)

    def server(self, server_id: str) -> ServerRecord | None:
        """See `Library`."""
        return self._library.server(server_id)

    def tool(self, server_digest: str, name: str) -> ToolRecord | None:
        """See `Library`."""
        return self._library.tool(server_digest, name)

    def tools(self, server_digest: str) -> Sequence[ToolRecord]:
        """See `Library`."""
        return self._library.tools(server_digest)

    def task(self, task_id: str) -> Task | None:
        """See `Library`."""
        return self._library.task(task_id)

    def task_state(self, task_id: str) -> TaskState:
        """See `Library`."""
        return self._library.task_state(task_id)

    def task_ids(self, after: str, limit: int) -> Sequence[str]:
        """See `Library`."""
        return self._library.task_ids(after, limit)

    def counts(self) -> Counts:
        """See `Library`."""
        return self._library.counts()


def readers(content: Content) -> list[Recording]:
    """Choose the calls that are held out: fit to be served, and made by a tool that was never seen to move anything."""
    moving = {(one.server_digest, one.tool) for one in content.recordings if one.state != one.state_after}
    found = servable(content.recordings)
    return [one for one in found if one.effect is Effect.READ_ONLY and (one.server_digest, one.tool) not in moving]


def scale_of(content: Content, seed: int) -> Scale:
    """Make the scale that answers to a snapshot's calls are weighed with."""
    by_id = {one.recording_id: one for one in content.recordings}
    return Scale(content.tools, Uses((task.task for task in content.tasks), by_id), seed)


def trials(content: Content, library: Library, seed: int) -> Iterator[Trial]:
    """Hold out every call once, a tenth of each tool's at a time, and weigh what recordings alone say to it.

    `exact` is the control: asked with nothing held out, it has to give every recording back.
    """
    calls, scale = readers(content), scale_of(content, seed)
    by_id = {one.recording_id: one for one in calls}
    for held in folds(calls, seed):
        gone = {one.recording_id for one in held}
        rest = Without(library, frozenset(key_of(one) for one in held))
        corners = indexed(one for one in calls if one.recording_id not in gone)
        for truth in held:
            tool, here = bound(truth, library), Situation(truth.state.world, _session(truth))
            # As an agent writes it: a canonical number that no double holds is an object.
            call = plain_json(parse_canonical(truth.arguments_json))
            told = replay(tool, call, here, library)
            yield scale.trial(truth, Tier.EXACT, told.reply, truth.arguments_json)
            left = replay(tool, call, here, rest).reply
            yield scale.trial(truth, Tier.NORMALISED, left, _arguments_of(left, by_id))
            # Only where the tiers before it have nothing, as when episodes are served.
            near = _nearest(truth, corners, by_id) if left.tier is Tier.MISS else None
            yield scale.trial(truth, Tier.NEAREST, near, _arguments_of(near, by_id))


def bound(truth: Recording, library: Library) -> BoundTool:
    """Bind the tool of a recording the way an episode would."""
    known = library.tool(truth.server_digest, truth.tool)
    common = (truth.tool, truth.server_id, truth.server_digest, truth.tool)
    if known is None:
        return BoundTool(*common, "", "{}", path_mode=truth.path_mode)
    return BoundTool(*common, known.description, known.input_schema_json, known.behaviour, truth.path_mode)


def live_call(truth: Recording, library: Library) -> LiveCall:
    """Ask for a recorded call of a world's first state again."""
    tool, here = bound(truth, library), Situation(truth.state.world)
    effect = effect_of(tool.behaviour, parse_canonical(truth.arguments_json))
    common = (truth.server_id, truth.server_digest, truth.tool, truth.arguments_json)
    return LiveCall(truth.state.world, (), here, *common, effect, truth.path_mode)


def live_reply(made: Made) -> Reply | None:
    """Read what a server said; None where it could not be asked."""
    if isinstance(made, NotMade) or made.too_large:
        return None
    return Reply(Tier.LIVE, made.result_json, made.is_error, made.recording_id)


def _nearest(truth: Recording, corners: Mapping[Corner, Index], by_id: Mapping[str, Recording]) -> Reply | None:
    index = corners.get((truth.server_digest, truth.tool, truth.path_mode, truth.state))
    found = index.nearest(truth.arguments_json) if index else None
    if found is None:
        return None
    one = by_id[found.recording_id]
    return Reply(Tier.NEAREST, one.result_json, one.is_error, one.recording_id, distance=found.distance)


def _arguments_of(reply: Reply | None, by_id: Mapping[str, Recording]) -> str:
    one = by_id.get(reply.recording_id) if reply else None
    return one.arguments_json if one else "{}"


def _session(truth: Recording) -> tuple[tuple[str, str], ...]:
    return ((truth.server_id, truth.state.session),) if truth.state.session else ()


def summed(found: Iterable[Trial]) -> Mapping[tuple[str, str, Tier], list[Trial]]:
    """Sort trials by server, tool and tier."""
    rows: dict[tuple[str, str, Tier], list[Trial]] = {}
    for one in found:
        rows.setdefault((one.server_id, one.tool, one.tier), []).append(one)
    return rows
