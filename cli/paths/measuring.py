"""Plays solutions against a simulator over gRPC, grades their answers, and sums up by kind."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firefly_client import AsyncClient, AsyncEpisode, SimulatorError

from cli.paths.shelf import NotUnderstoodError, Shelf
from cli.paths.variants import KINDS, Solution
from shared.proof.plain import plain_json

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Missed:
    """One call that nothing was known about."""

    server_id: str
    tool: str
    arguments_json: str
    reason: str
    """The simulator's: `not_recorded`, or `unknown_state` after another miss that may have moved something."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of one solution."""

    solution: Solution
    reward: float | None
    outcome: str
    valid_calls: int
    """Calls that were not refused for their form."""
    misses: int
    truncated: int
    missed: tuple[Missed, ...] = ()
    answer: str = ""

    @property
    def is_ambiguous(self) -> bool:
        """Whether it ended, by known answers alone, in another answer than the task's."""
        return self.reward == 0.0 and bool(self.answer) and not self.misses and not self.truncated


async def walk_all(client: AsyncClient, solutions: Sequence[Solution], shelves: Mapping[str, Shelf]) -> list[Walked]:
    """Play every solution in an episode of its own; `shelves` by task id."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(solution: Solution) -> Walked:
        async with room:
            try:
                async with await client.episode(solution.task_id) as episode:
                    return await _walk(episode, solution, shelves[solution.task_id])
            except SimulatorError as error:
                return Walked(solution, None, f"unscored: {error}", 0, 0, 0)

    return list(await asyncio.gather(*(one(solution) for solution in solutions)))


async def _walk(episode: AsyncEpisode, solution: Solution, shelf: Shelf) -> Walked:
    tools = {tool.original_name: tool for tool in episode.tools}
    texts: dict[int, str] = {}
    tiers, missed, cut = [], [], 0
    for number, step in enumerate(solution.steps):
        written = plain_json(step.arguments)
        tool = tools[step.tool]
        reply = await episode.call(tool.name, written)
        tiers.append(reply.tier)
        cut += reply.truncated
        if reply.tier == "miss":
            missed.append(Missed(tool.server_id, step.tool, written, reply.reason))
        elif not reply.is_error:
            texts[number] = reply.text
    answer = answer_of(solution, shelf, texts)
    verdict = await episode.verify(answer or "{}")
    valid = sum(tier != "error" for tier in tiers)
    return Walked(solution, verdict.reward, verdict.outcome, valid, len(missed), cut, tuple(missed), answer)


def answer_of(solution: Solution, shelf: Shelf, texts: Mapping[int, str]) -> str:
    """Write the answer that results lead to; empty when they lead to none."""
    try:
        return plain_json(dict(solution.answer(shelf, texts)))
    except NotUnderstoodError:
        return ""


def sum_up(walked: Sequence[Walked]) -> Mapping[str, Mapping[str, float | int]]:
    """Sum up by kind, and all together."""
    rows = {"all": list(walked)}
    rows |= {kind: [one for one in walked if one.solution.kind == kind] for kind in KINDS}
    return {kind: _row(row) for kind, row in rows.items() if row}


def misses_by_reason(walked: Sequence[Walked]) -> Sequence[Mapping[str, str | int]]:
    """Count misses by kind of solution, tool and reason, the most frequent first."""
    found = Counter((one.solution.kind, m.server_id, m.tool, m.reason) for one in walked for m in one.missed)
    names = ("kind", "server_id", "tool", "reason")
    rows = sorted(found.items(), key=lambda row: (-row[1], row[0]))
    return [{**dict(zip(names, key, strict=True)), "misses": many} for key, many in rows]


def _row(walked: Sequence[Walked]) -> Mapping[str, float | int]:
    scored = [one for one in walked if one.reward is not None]
    calls = sum(one.valid_calls for one in walked)
    misses = sum(one.misses for one in walked)
    return {
        "tasks": len({one.solution.task_id for one in walked}),
        "solutions": len(walked),
        "reward_1": round(sum(one.reward == 1.0 for one in scored) / len(scored), 4) if scored else 0.0,
        "unscored": len(walked) - len(scored),
        "valid_calls": calls,
        "misses_per_valid_call": round(misses / calls, 4) if calls else 0.0,
    }
