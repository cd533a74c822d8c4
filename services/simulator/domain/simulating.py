"""Serves episodes: the domain's rules over a library, an episode store and, where it runs, the live tier.

Every change is a compare-and-set on the episode's version, so calls of one episode are applied one at a time whatever
replica they reach, and a lost race is played again from the newer state.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from services.simulator.domain import episodes, scoring, turns
from services.simulator.domain.arguments import Fault
from services.simulator.domain.episode_store import EpisodeStore
from services.simulator.domain.episodes import Episode, EpisodePlan
from services.simulator.domain.hits import Hits, Key
from services.simulator.domain.living import History, Live, answer
from services.simulator.domain.misses import Requests, ask_for
from services.simulator.domain.ports import Library
from services.simulator.domain.rendering import Shown, show
from services.simulator.domain.replaying import NOT_RECORDED, OTHER_STATE, Played, Reply, Tier, error_reply
from services.simulator.domain.retrieval import Nearest, approximated
from services.simulator.domain.tables import Tables
from services.simulator.domain.toolbox import BoundTool
from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import Task, TaskState
from shared.proof.reward import Score

_RACES = 100
SERVED_TIERS = frozenset((Tier.EXACT, Tier.NORMALISED, Tier.LIVE))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for."""

    plan: EpisodePlan
    request_id: str = ""
    snapshot_id: str = ""
    live_store: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An episode and what its agent needs to start."""

    episode: Episode
    task: Task | None
    tools: tuple[BoundTool, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call is answered."""

    reply: Reply
    shown: Shown


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time, chance, limits and an ear, from outside."""

    now: Callable[[], float]
    """Seconds since 1970."""
    new_token: Callable[[], str]
    """An unguessable name part."""
    idle_seconds: float
    """How long an episode lives without a call."""
    requests: Requests | None = None
    """Where calls that nobody has made are asked for; nowhere by default."""


class Simulator:
    """Episodes over libraries by snapshot id; the first one is served by default."""

    def __init__(
        self,
        libraries: Mapping[str, Library],
        store: EpisodeStore,
        around: Surroundings,
        live_id: str = "",
        lives: Mapping[str, Live] | None = None,
        nearest: Mapping[str, Nearest] | None = None,
    ) -> None:
        """`live_id` names the live store among the libraries; `lives` and `nearest` are tiers by snapshot id."""
        self._libraries, self._store, self._around = libraries, store, around
        self._live_id, self._lives, self._nearest = live_id, lives or {}, nearest or {}
        self._tables, self._hits = Tables(), Hits()

    @property
    def live(self) -> Live | None:
        """The live tier of the library that is served by default."""
        return self._lives.get(self.library.snapshot_id)

    @property
    def live_in_flight(self) -> int:
        """Calls that wait for a real server: they have limits of their own."""
        return sum(live.in_flight for live in self._lives.values())

    @property
    def library(self) -> Library:
        """The library that is served by default."""
        return next(iter(self._libraries.values()))

    async def create(self, wanted: Wanted) -> Opened:
        """Open an episode, or return the one its request id opened before.

        Raises:
            Rejected: the request names something that is not here, or does not make sense.
        """
        library = self._choose(wanted)
        plan = _completed(wanted.plan, library, self._tiers(library))
        episode = episodes.open_episode(self._new_id(), library.snapshot_id, plan, self._expiry())
        # Before it is stored: a request that makes no sense must not leave an episode behind.
        self._tables.of(episode, library)
        stored = await self._store.create(episode, wanted.request_id, self._around.now())
        library = self._library_of(stored)
        return Opened(stored, self._tables.of(stored, library).task, self._tables.offered(stored, library))

    async def call(
        self, episode_id: str, call_id: str, tool_name: str, arguments_json: str, expected_recording_id: str = ""
    ) -> Answer:
        """Answer one call; unknown tools, bad arguments, misses and closed episodes are answers.

        `expected_recording_id` tells a miss that waiting would cure from one in another state than was recorded.

        Raises:
            Rejected: unknown or expired episode, missing or reused call id.
        """
        digest = episodes.call_digest(tool_name, arguments_json)
        answers: list[Reply] = []

        async def change(episode: Episode) -> Episode | None:
            library = self._library_of(episode)
            # First of all, also in a closed episode: a retry gets what the lost answer said.
            if known := episodes.answered(episode, call_id, digest):
                answers.append(_again(known, library))
                return None
            if fault := episodes.refusal(episode):
                answers.append(error_reply(fault))
                return episodes.refused(episode, self._expiry())
            # Asked before playing: a recording that arrives meanwhile would turn a cure by waiting into a refusal.
            is_here = bool(expected_recording_id) and library.recording(expected_recording_id) is not None
            table = self._tables.of(episode, library)
            tool = table.tools.get(tool_name)
            played = await self._play(episode, (table, tool_name, arguments_json, episode.situation, episode.tiers))
            if is_here and played.reply.error_code == NOT_RECORDED:
                played = replace(played, reply=replace(played.reply, error_code=OTHER_STATE, reason=OTHER_STATE))
            answers.append(played.reply)
            # A replay that expects a recording waits for it: it asks for no other call.
            if tool and self._around.requests and not expected_recording_id:
                ask_for(played, tool, episode, library, self._around.requests)
            return episodes.applied(episode, call_id, digest, played, tool, self._expiry())

        episode = await self._change(episode_id, change)
        return Answer(answers[-1], show(answers[-1], episode.limits.max_result_chars))

    async def get(self, episode_id: str) -> Episode:
        """Return an episode's state.

        Raises:
            Rejected: unknown or expired episode.
        """
        episode = await self._store.load(episode_id, self._around.now())
        if episode is None:
            raise Rejected("unknown_episode", f"no episode {episode_id!r:.100} is known here")
        if episode.expires_at <= self._around.now():
            raise Rejected("episode_expired", f"episode {episode_id} was idle for too long: open another")
        return episode

    def offered(self, episode: Episode) -> tuple[BoundTool, ...]:
        """Return the tools that an episode shows, in its order."""
        return self._tables.offered(episode, self._library_of(episode))

    def tool(self, episode: Episode, name: str) -> BoundTool | None:
        """Return the tool that an episode shows under a name."""
        return self._tables.of(episode, self._library_of(episode)).tools.get(name)

    async def fork(self, episode_id: str, request_id: str) -> Episode:
        """Open a copy of an episode that goes on by itself.

        Raises:
            Rejected: unknown or expired episode.
        """
        episode = await self.get(episode_id)
        copy = episodes.forked(episode, self._new_id(), self._expiry())
        return await self._store.create(copy, request_id, self._around.now())

    async def user_turn(self, episode_id: str, turn_id: str, text: str) -> tuple[Episode, str]:
        """Give the turn to the user; returns the episode and what the user says, the same for a repeated turn.

        Raises:
            Rejected: unknown, expired or closed episode, missing or reused turn id.
        """

        async def change(episode: Episode) -> Episode | None:
            if turns.said(episode, turn_id, text):
                return None
            return turns.taken(episode, turn_id, text, self._expiry(), self._task(episode))

        episode = await self._change(episode_id, change)
        return episode, turns.answer(self._task(episode), turns.said(episode, turn_id, text))

    async def verify(self, episode_id: str, final_answer: str) -> tuple[Episode, Score]:
        """Score an answer.

        Raises:
            Rejected: unknown or expired episode, or one without a task.
        """
        episode = await self.get(episode_id)
        return episode, scoring.score_episode(episode, self._task(episode), final_answer)

    async def close(self, episode_id: str) -> None:
        """End an episode; closing a closed, expired or forgotten one is fine."""

        async def change(episode: Episode) -> Episode | None:
            return None if episode.closed else episodes.closed(episode)

        try:
            await self._change(episode_id, change)
        except Rejected as error:
            if error.reason not in ("unknown_episode", "episode_expired"):
                raise

    async def open_count(self) -> int:
        """Count open episodes."""
        return await self._store.open_count(self._around.now())

    async def _change(self, episode_id: str, change: Callable[[Episode], Awaitable[Episode | None]]) -> Episode:
        # Bounded: a caller that floods one episode must not keep a server busy for ever.
        for _ in range(_RACES):
            episode = await self.get(episode_id)
            changed = await change(episode)
            if changed is None or await self._store.replace(changed, self._around.now()):
                return changed or episode
        raise Unavailable(f"episode {episode_id} is called from too many places at once")

    async def _play(self, episode: Episode, key: Key) -> Played:
        if known := self._hits.find(key):
            return known
        table, tool_name, arguments_json, situation, tiers = key
        tool = table.tools.get(tool_name)
        if tool is None:
            return Played(error_reply(Fault("unknown_tool", f"There is no tool {tool_name!r:.100}.")), situation)
        live, library = self._lives.get(episode.snapshot_id), self._library_of(episode)
        history = History(situation, episode.opening_world, episode.steps)
        played = await answer(tool, arguments_json, history, library, tiers, live)
        # What the live store holds can still change: a second recording may prove the first one unstable.
        if episode.snapshot_id != self._live_id:
            self._hits.keep(key, played)
        nearest = self._nearest.get(episode.snapshot_id) if Tier.NEAREST in tiers else None
        return approximated(played, tool, situation, library, nearest) if nearest else played

    def _tiers(self, library: Library) -> frozenset[Tier]:
        return SERVED_TIERS | {Tier.NEAREST} if library.snapshot_id in self._nearest else SERVED_TIERS

    def _choose(self, wanted: Wanted) -> Library:
        if wanted.live_store and not self._live_id:
            raise Rejected("no_live_store", "this server serves a snapshot only")
        name = self._live_id if wanted.live_store else wanted.snapshot_id or self.library.snapshot_id
        if name not in self._libraries:
            raise Rejected("unknown_snapshot", f"snapshot {name!r:.100} is not served here")
        return self._libraries[name]

    def _task(self, episode: Episode) -> Task | None:
        return self._tables.of(episode, self._library_of(episode)).task

    def _library_of(self, episode: Episode) -> Library:
        if episode.snapshot_id not in self._libraries:
            raise Rejected("unknown_snapshot", f"snapshot {episode.snapshot_id} of this episode is not served here")
        return self._libraries[episode.snapshot_id]

    def _new_id(self) -> str:
        return f"ep_{self._around.new_token()}"

    def _expiry(self) -> float:
        return self._around.now() + self._around.idle_seconds


def _completed(plan: EpisodePlan, library: Library, tiers: frozenset[Tier]) -> EpisodePlan:
    if not set(plan.tiers) <= tiers:
        raise Rejected("tier_not_served", f"allowed_tiers may hold {', '.join(sorted(tiers))} here")
    if not plan.task_id:
        if not plan.server_ids or not plan.world_digest:
            raise Rejected("bad_request", "give task_id, or server_ids and world_digest")
        return plan
    task = library.task(plan.task_id)
    if task is None:
        raise Rejected("unknown_task", f"no task {plan.task_id!r:.100} is known here")
    state = library.task_state(plan.task_id)
    if state is not TaskState.ACTIVE:
        raise Rejected("task_withdrawn", f"task {plan.task_id} is {state}")
    # The task's own limits win over what was asked for: they are part of what is scored.
    return replace(plan, server_ids=(), world_digest=task.world_digest, limits=task.limits)


def _again(known: episodes.AnsweredCall, library: Library) -> Reply:
    recording = library.recording(known.recording_id) if known.recording_id and not known.result_json else None
    return episodes.repeated_reply(known, recording.result_json if recording else "")
