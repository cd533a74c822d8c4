"""Plays an agent over many tasks at once and sums up; a rollout that could not be scored never counts as 0."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firefly_client import AsyncClient, SimulatorError

from cli.dataset.reading import TaskRow
from cli.playing.agents import Agent
from services.simulator.app import build
from services.simulator.settings import Settings
from shared.model.errors import Unavailable
from shared.runtime.rpc import RpcServer
from shared.runtime.service import Part

AT_ONCE = 16
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Played:
    """One rollout."""

    task_id: str
    reward: float | None
    outcome: str
    tiers: Mapping[str, int]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """All rollouts of one agent."""

    agent: str
    tasks: int
    mean_reward: float
    """Over the scored rollouts; 0 when there is none."""
    unscored: int
    tiers: Mapping[str, int]
    outcomes: Mapping[str, int]
    failed: tuple[str, ...]
    """Tasks with a reward under 1, and the unscored ones."""


async def play_all(
    client: AsyncClient, agent: Agent, task_ids: Sequence[str], rows: Mapping[str, TaskRow]
) -> list[Played]:
    """Play every task once."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(task_id: str) -> Played:
        async with room:
            return await _play(client, agent, task_id, rows.get(task_id))

    return list(await asyncio.gather(*(one(task_id) for task_id in task_ids)))


def sum_up(agent: str, rollouts: Sequence[Played]) -> Summary:
    """Sum up rollouts."""
    rewards = [rollout.reward for rollout in rollouts if rollout.reward is not None]
    tiers: Counter[str] = Counter()
    for rollout in rollouts:
        tiers.update(rollout.tiers)
    return Summary(
        agent,
        len(rollouts),
        sum(rewards) / len(rewards) if rewards else 0.0,
        len(rollouts) - len(rewards),
        dict(sorted(tiers.items())),
        dict(sorted(Counter(rollout.outcome for rollout in rollouts).items())),
        tuple(rollout.task_id for rollout in rollouts if rollout.reward != 1.0),
    )


@asynccontextmanager
async def own_simulator(snapshot: Path, *, with_mcp: bool = False, live_data: Path | None = None) -> AsyncIterator[str]:
    """Serve a snapshot on a free port and give its address; with a folder for live files it runs what it can.

    Raises:
        BadInput: the snapshot cannot be used.
        Unavailable: the simulator does not start.
    """
    stopping = asyncio.Event()
    async with AsyncExitStack() as resources:
        settings = Settings(snapshot=snapshot, live_store=False, grpc_port=0, mcp_port=0 if with_mcp else None)
        if live_data:
            settings = settings.model_copy(update={"replay_only": False, "data_dir": live_data})
        parts = await build(settings, resources)
        server = next(part for part in parts if isinstance(part, RpcServer))
        running = [asyncio.create_task(part.run(stopping)) for part in parts]
        try:
            for part, task in zip(parts, running, strict=True):
                await _ready(part, task)
            yield f"127.0.0.1:{server.port}"
        finally:
            stopping.set()
            await asyncio.wait(running, timeout=START_SECONDS)


async def _ready(server: Part, running: asyncio.Task[None]) -> None:
    for _ in range(int(START_SECONDS / 0.05)):
        if running.done():
            # Raises what it died of, which says more than that it did not start.
            running.result()
        if server.readiness().ok:
            return
        await asyncio.sleep(0.05)
    raise Unavailable("the simulator did not start")


async def _play(client: AsyncClient, agent: Agent, task_id: str, row: TaskRow | None) -> Played:
    try:
        episode = await client.episode(task_id)
        async with episode:
            verdict = await episode.verify(await agent.play(episode, row))
    except (SimulatorError, Unavailable) as error:
        return Played(task_id, None, "unscored", {}, str(error))
    return Played(task_id, verdict.reward, verdict.outcome, verdict.tiers, verdict.explanation)
