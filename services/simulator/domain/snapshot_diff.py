"""What lies between two snapshots: calls answered in one only or otherwise, spellings, and the tasks that feel it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.simulator.domain.snapshots import Content
from services.simulator.domain.spelling import SpellingRule
from shared.model.calls import Recording, Stability
from shared.model.tasks import Task

Place = tuple[str, str, str, str, str, str]
"""A call as an agent makes it: server, tool, arguments, world, session, path mode. The server's digest stays out, so
that a new version of a server shows as changed answers and not as everything lost and everything new."""


Rule = tuple[str, str, str, str]
"""A spelling rule: server, tool, argument, rule. Without the server's digest, as above."""


@dataclass(frozen=True, slots=True)
class ToolDiff:
    """Calls of one tool."""

    server_id: str
    tool: str
    added: int
    removed: int
    changed: int
    """Answered otherwise: another result, another state after, or no longer (or only now) fit to be served."""


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """What the second snapshot has, lacks and says otherwise; ids and names are sorted."""

    tools: tuple[ToolDiff, ...]
    """Only tools with a difference."""
    tasks_added: tuple[str, ...]
    tasks_removed: tuple[str, ...]
    tasks_changed: tuple[str, ...]
    """Same id, other content."""
    tasks_affected: tuple[str, ...]
    """In both, and a call of the reference is gone or answers otherwise in the second one."""
    definitions_changed: tuple[tuple[str, str], ...]
    """(server, tool) of which schema, text or behaviour differ, or that only one of the two has."""
    servers_changed: tuple[str, ...]
    """Servers with another digest (a new version), or in only one of the two."""
    worlds_added: tuple[str, ...]
    worlds_removed: tuple[str, ...]
    spellings_added: tuple[Rule, ...] = ()
    spellings_removed: tuple[Rule, ...] = ()
    spellings_changed: tuple[Rule, ...] = ()
    """Rules of both that other pairs showed, or that rely on another reader of SQL."""

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same."""
        return not any(asdict(self).values())


def compare(first: Content, second: Content) -> SnapshotDiff:
    """Say how the second snapshot differs from the first."""
    answers = _by_place(first), _by_place(second)
    tasks = _tasks(first), _tasks(second)
    changed = {place for place in answers[0].keys() & answers[1].keys() if answers[0][place] != answers[1][place]}
    gone = answers[0].keys() - answers[1].keys()
    place_of = {one.recording_id: _place(one) for one in first.recordings}
    both = tasks[0].keys() & tasks[1].keys()
    rules = _rules(first), _rules(second)
    return SnapshotDiff(
        _tools(answers[1].keys() - answers[0].keys(), gone, changed),
        tuple(sorted(tasks[1].keys() - tasks[0].keys())),
        tuple(sorted(tasks[0].keys() - tasks[1].keys())),
        tuple(sorted(name for name in both if tasks[0][name] != tasks[1][name])),
        tuple(sorted(name for name in both if _places(tasks[0][name], place_of) & (changed | gone))),
        _differing(_definitions(first), _definitions(second)),
        _differing(_pins(first), _pins(second)),
        tuple(sorted(set(second.world_digests) - set(first.world_digests))),
        tuple(sorted(set(first.world_digests) - set(second.world_digests))),
        tuple(sorted(rules[1].keys() - rules[0].keys())),
        tuple(sorted(rules[0].keys() - rules[1].keys())),
        tuple(sorted(name for name in rules[0].keys() & rules[1].keys() if rules[0][name] != rules[1][name])),
    )


def _by_place(content: Content) -> Mapping[Place, frozenset[tuple[object, ...]]]:
    found: dict[Place, set[tuple[object, ...]]] = defaultdict(set)
    for one in content.recordings:
        # Of stability only what a caller notices counts: an unstable answer is a miss.
        answer = (one.result_sha256, one.state_after, one.is_error, one.stability is Stability.UNSTABLE)
        found[_place(one)].add(answer)
    return {place: frozenset(answers) for place, answers in found.items()}


def _place(one: Recording) -> Place:
    return (one.server_id, one.tool, one.arguments_json, one.state.world, one.state.session, one.path_mode.value)


def _tasks(content: Content) -> dict[str, Task]:
    return {one.task.task_id: one.task for one in content.tasks}


def _places(task: Task, place_of: Mapping[str, Place]) -> set[Place]:
    return {place_of[call.recording_id] for call in task.reference if call.recording_id in place_of}


def _tools(added: set[Place], removed: set[Place], changed: set[Place]) -> tuple[ToolDiff, ...]:
    counts = [Counter(place[:2] for place in places) for places in (added, removed, changed)]
    names = sorted({name for count in counts for name in count})
    return tuple(ToolDiff(*name, *(count[name] for count in counts)) for name in names)


def _definitions(content: Content) -> dict[Any, object]:
    # Ids and digests change with every version; what an agent sees need not.
    return {(tool.server_id, tool.name): replace(tool, tool_id="", server_digest="") for tool in content.tools}


def _rules(content: Content) -> dict[Rule, SpellingRule]:
    names = {tool.server_digest: tool.server_id for tool in content.tools}
    return {(names.get(one.server_digest, ""), one.tool, one.place, one.rule): _shown(one) for one in content.spellings}


def _shown(rule: SpellingRule) -> SpellingRule:
    """What showed it; a new version of a server is told as such."""
    return replace(rule, server_digest="")


def _pins(content: Content) -> dict[Any, object]:
    return {server.server_id: server.server_digest for server in content.servers}


def _differing(first: Mapping[Any, object], second: Mapping[Any, object]) -> tuple[Any, ...]:
    return tuple(sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)))
