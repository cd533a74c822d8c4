"""Makes the calls of solutions on real servers, each once per world, and finds tasks that another way answers else."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cli.paths.around import Look
from cli.paths.gathering import Gathered
from cli.paths.measuring import answer_of
from cli.paths.variants import Solution
from cli.paths.ways import Step
from services.simulator.adapters.live_pool import LivePoolThread
from services.simulator.domain.arguments import check_arguments
from services.simulator.domain.ports import LiveCall
from services.simulator.domain.recordings import key_of
from services.simulator.domain.situation import Situation
from shared.model.calls import Recording, Stability
from shared.model.catalogue import Effect, PathMode, ToolRecord
from shared.model.tasks import Task
from shared.proof.canonical import parse_canonical
from shared.proof.disguise import Health, diagnose
from shared.proof.effects import effect_of
from shared.proof.keys import canonical_arguments
from shared.proof.plain import plain_json
from shared.proof.reward import score

AT_ONCE = 4
_TOLD = 100


@dataclass(frozen=True, slots=True)
class Expanded:
    """What the calls brought."""

    recordings: tuple[Recording, ...]
    calls: int
    looks: int
    """Of them, calls that look around and that no solution makes."""
    ambiguous: tuple[str, ...]
    """Ids of tasks that a solution answers in another way than their ground truth."""


class Expansion:
    """One pass over a snapshot's tasks, and a look around their worlds."""

    def __init__(
        self,
        gathered: Gathered,
        pool: LivePoolThread,
        looks: Sequence[Look] = (),
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._gathered, self._pool, self._looks, self._tell, self._done = gathered, pool, looks, tell, 0
        self._tools = {(tool.server_digest, tool.name): tool for tool in gathered.content.tools}
        self._modes = {one.server_id: one.path_mode for one in gathered.content.servers}
        self._tasks = {one.task.task_id: one.task for one in gathered.content.tasks}
        # What is recorded already need not be made again: a snapshot that was expanded before costs what is new.
        self._recorded = {key_of(one): one for one in gathered.content.recordings if self._may_stand(one)}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> Expanded:
        """Make every call of the solutions that are not held out, the same call in the same world once."""
        chosen = [one for one in self._gathered.solutions if not one.is_held_out]
        wanted = {call.key: call for one in chosen for step in one.steps if (call := self._call(one, step))}
        known = await self._all(wanted)
        ambiguous = {one.task_id for one in chosen if self._answers_otherwise(one, known)}
        made = self._done
        looked = await self._look_around(known)
        return Expanded(tuple({**looked, **known}.values()), self._done, self._done - made, tuple(sorted(ambiguous)))

    def _may_stand(self, recording: Recording) -> bool:
        is_still = recording.state == recording.state_after and recording.stability is not Stability.UNSTABLE
        return is_still and recording.path_mode is self._modes.get(recording.server_id, PathMode.MOUNTED)

    async def _all(self, wanted: Mapping[str, LiveCall]) -> dict[str, Recording]:
        known = {key: one for key in wanted if (one := self._recorded.get(key))}
        # Side by side what runs in one warm copy: in the order of tasks, worlds and servers were started 20 times over.
        calls = sorted(
            (call for key, call in wanted.items() if key not in known),
            key=lambda one: (one.opening_world, one.server_id, one.tool, one.arguments_json),
        )
        made = await asyncio.gather(*map(self._made, calls))
        return known | {call.key: one for call, one in zip(calls, made, strict=True) if one is not None}

    async def _look_around(self, known: dict[str, Recording]) -> dict[str, Recording]:
        """Make the looks: of each kind of place one first, and the others only where that one succeeded."""
        firsts: dict[tuple[str, ...], Look] = {}
        for look in self._looks:
            firsts.setdefault(look.group, look)
        tried = await self._all({one.call.key: one.call for one in firsts.values() if one.call.key not in known})
        good = {group for group, one in firsts.items() if _succeeded((known | tried).get(one.call.key))}
        rest = {one.call.key: one.call for one in self._looks if one.group in good}
        return tried | await self._all({key: call for key, call in rest.items() if key not in known | tried})

    async def _made(self, call: LiveCall) -> Recording | None:
        async with self._room:
            made = await self._pool.run(call, lambda made: made)
        self._done += 1
        if self._tell and self._done % _TOLD == 0:
            self._tell(f"{self._done} calls made")
        return made if isinstance(made, Recording) and made.state == made.state_after else None

    def _call(self, solution: Solution, step: Step) -> LiveCall | None:
        """The call of a step; None where it is malformed, or may move something."""
        task = self._tasks[solution.task_id]
        server_id = next(tool.server_id for tool in task.tools if tool.name == step.tool)
        tool = self._pinned(task, server_id, step.tool)
        if tool is None or check_arguments(step.arguments, tool.input_schema_json):
            return None
        arguments = canonical_arguments(plain_json(step.arguments), tool.input_schema_json)
        effect = effect_of(tool.behaviour, parse_canonical(arguments))
        world, mode = task.world_digest, self._modes.get(server_id, PathMode.MOUNTED)
        if effect is not Effect.READ_ONLY:
            return None
        digest = tool.server_digest
        return LiveCall(world, (), Situation(world), server_id, digest, step.tool, arguments, effect, mode)

    def _pinned(self, task: Task, server_id: str, name: str) -> ToolRecord | None:
        pinned = {call.server_id: call.server_digest for call in task.reference}
        latest = {one.server_id: one.server_digest for one in self._gathered.content.servers}
        return self._tools.get((pinned.get(server_id) or latest.get(server_id, ""), name))

    def _answers_otherwise(self, solution: Solution, known: Mapping[str, Recording]) -> bool:
        texts: dict[int, str] = {}
        for number, step in enumerate(solution.steps):
            call = self._call(solution, step)
            recording = known.get(call.key) if call else None
            # A step that is not known says nothing against the task.
            if step.source and recording is None:
                return False
            if recording and not recording.is_error and not recording.too_large:
                texts[number] = text_of(recording.result_json)
        answer = answer_of(solution, self._gathered.shelves[solution.task_id], texts)
        return bool(answer) and is_other_answer(answer, self._tasks[solution.task_id])


def _succeeded(made: Recording | None) -> bool:
    if made is None or made.is_error:
        return False
    # Many servers say in a plain text that they could not.
    return made.too_large or diagnose(made.result_json, made.arguments_json, False).health is not Health.FAILED


def text_of(result_json: str) -> str:
    """Return what an agent reads of a canonical result."""
    content = parse_canonical(result_json)["content"]
    return "\n".join(str(block["text"]) for block in content if isinstance(block.get("text"), str))


def is_other_answer(answer: str, task: Task) -> bool:
    """Whether an answer is not the task's own, by the public reward function."""
    graded = score(
        answer,
        task.ground_truth_json,
        task.answer_types_json,
        task.answer_schema_json,
        had_miss=False,
        over_budget=False,
    )
    return graded.reward != 1.0
