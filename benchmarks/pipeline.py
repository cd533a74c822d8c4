"""The pipeline beside bare scripts that make the same tool calls: `python -m benchmarks.pipeline DATA`.

DATA is the folder of a finished `firefly up`; its catalogue and some of its sub-DAGs are taken, its worlds are copied.

Ours: explorer, synthesizer, verifier and simulator as processes over Kafka and Valkey; the sub-DAGs are written to
`sub-dags`, the clock stops with the last exploration, calls are those in the ledger. The tasks go through draft, replay
and verdict meanwhile, as in a run.
Same processes: a script over the same pool of sandboxed servers makes the calls that DATA's explorations name (first
run, changed values, second run), as many sub-DAGs at once, without Kafka, recordings and everything behind them.
Warm processes: a script that starts every server once per worker and calls it over MCP, whatever earlier calls left.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import beside, results
from cli.data_folder import kafka_of
from cli.embedded.ports import free_ports
from cli.embedded.processes import spawn
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.valkey import Valkey
from cli.running.parameters import RunParameters, stored
from cli.running.roster import SERVICES, Addresses, common_environment, own_environment
from services.explorer.settings import Settings
from shared.model.catalogue import PathMode, ToolRecord
from shared.model.errors import Rejected
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import SubDag
from shared.model.tasks import SpendKind
from shared.proof.canonical import parse_canonical
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.environment import Environment
from shared.runtime.servers.failures import CallLostError
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.spec import WORKSPACE, read_servers
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.streaming import admin
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import Follower, read_all

STAGES = ("explorer", "synthesizer", "verifier", "simulator")
SETTINGS = Settings.model_construct()
"""The explorer's defaults."""
AT_ONCE = SETTINGS.concurrency
SUB_DAGS = 6
LEDGER_SECONDS = 1.5
"""After which the ledger's last rows are written."""
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call as an exploration names it."""

    server_id: str
    tool: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What is taken from the finished run."""

    parameters: RunParameters
    catalogue: tuple[Event, ...]
    sub_dags: tuple[SubDag, ...]
    explorations: tuple[Exploration, ...]
    """In the same order."""


async def _all(bootstrap: str, topic: str) -> list[Event]:
    return [event async for event in read_all(bootstrap, topic)]


def take_sample(data: Path) -> Sample:
    """Take sub-DAGs evenly from those that could be executed."""
    with kafka_of(data) as bootstrap:
        catalogue, sub_dags, explored = (
            asyncio.run(_all(bootstrap, topic)) for topic in ("tool-catalogue", "sub-dags", "explorations")
        )
    planned = {event.key: event.record for event in sub_dags if isinstance(event.record, SubDag)}
    done = [event.record for event in explored if event.record.outcome is ExplorationOutcome.EXECUTED]
    done.sort(key=lambda exploration: exploration.counter)
    chosen = done[:: max(1, len(done) // SUB_DAGS)][:SUB_DAGS]
    parameters = stored(data / "run.json")
    if parameters is None or not chosen:
        raise SystemExit(f"{data} is no folder of a finished run: name the --data of a `firefly up`")
    return Sample(parameters, tuple(catalogue), tuple(planned[one.sub_dag_id] for one in chosen), tuple(chosen))


def first_calls(exploration: Exploration) -> Iterator[Call]:
    """Yield the first run and the calls with changed values."""
    by_id = {call.call_id: call for call in exploration.calls}
    for call in exploration.calls:
        yield Call(call.server_id, call.tool, call.arguments_json)
    for changed in exploration.counterfactuals:
        call = by_id[changed.call_id]
        yield Call(call.server_id, call.tool, call.arguments_json)


def second_calls(exploration: Exploration) -> Iterator[Call]:
    """Yield the run that is made elsewhere."""
    by_id = {call.call_id: call for call in exploration.calls}
    for repeated in exploration.repeated:
        call = by_id[repeated.call_id]
        yield Call(call.server_id, call.tool, call.arguments_json)


class Pipeline:
    """Ours: the services."""

    def __init__(self, bootstrap: str, sample: Sample) -> None:
        self._bootstrap, self._sample = bootstrap, sample
        self._calls = 0

    async def run(self) -> float:
        """Calls per second from the sub-DAGs' arrival to their last exploration."""
        wanted = {one.sub_dag_id for one in self._sample.sub_dags}
        async with Follower(self._bootstrap, ["explorations"]) as follower:
            ends = follower.ends
            begun = time.perf_counter()
            async with Publisher(self._bootstrap, "bench") as publisher:
                await publisher.publish([Output("sub-dags", one.sub_dag_id, one) for one in self._sample.sub_dags])
            async for message in follower.messages():
                if message.offset >= ends[message.topic, message.partition]:
                    wanted.discard(message.key.decode())
                if not wanted:
                    break
            seconds = time.perf_counter() - begun
        await asyncio.sleep(LEDGER_SECONDS)
        before, self._calls = self._calls, await self._spent()
        return (self._calls - before) / seconds

    async def _spent(self) -> int:
        rows = [event.record for event in await _all(self._bootstrap, "ledger")]
        return sum(row.calls for row in rows if row.stage == "explorer" and row.kind is SpendKind.TOOL_CALL)


Lend = Callable[[Exploration, Clock], contextlib.AbstractAsyncContextManager[Environment]]
Make = Callable[[Environment, Call], Awaitable[None]]


class Script:
    """A reference: workers that take explorations from a list and make their calls."""

    def __init__(self, sample: Sample, lend: Lend, make: Make) -> None:
        self._explorations, self._lend, self._make = sample.explorations, lend, make

    async def run(self) -> float:
        """Calls per second."""
        waiting, begun = iter(self._explorations), time.perf_counter()
        made = await asyncio.gather(*(self._work(waiting) for _ in range(AT_ONCE)))
        return sum(made) / (time.perf_counter() - begun)

    async def _work(self, waiting: Iterator[Exploration]) -> int:
        made = 0
        for exploration in waiting:
            for clock, calls in ((Clock.FROZEN, first_calls), (Clock.MOVED_ON, second_calls)):
                async with self._lend(exploration, clock) as environment:
                    for call in calls(exploration):
                        with contextlib.suppress(Rejected):
                            await self._make(environment, call)
                        made += 1
        return made


async def make_metered(environment: Environment, call: Call) -> None:
    """Call as the pool's users do: the state is looked at, so that spoilt processes are replaced."""
    await environment.call_tool(call.server_id, call.tool, call.arguments_json)


class WarmServers:
    """One environment per worker and world that is never given back."""

    def __init__(self, pool: EnvironmentPool, launcher: Launcher) -> None:
        self._pool, self._launcher = pool, launcher
        self._free: dict[str, list[Environment]] = {}
        self._kept = contextlib.AsyncExitStack()

    async def __aenter__(self) -> "WarmServers":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kept.aclose()

    @contextlib.asynccontextmanager
    async def lend(self, exploration: Exploration, clock: Clock) -> AsyncIterator[Environment]:
        """Lend a worker's environment, whatever is in it."""
        free = self._free.setdefault(exploration.world_digest, [])
        if not free:
            free.append(await self._kept.enter_async_context(self._pool.lease(exploration.world_digest, Clock.FROZEN)))
        environment = free.pop()
        try:
            yield environment
        finally:
            free.append(environment)

    async def make(self, environment: Environment, call: Call) -> None:
        """Call over MCP and look at nothing."""
        text = call.arguments_json
        if self._launcher.path_mode(call.server_id) is PathMode.MAPPED:
            text = text.replace(WORKSPACE, str(environment.folder))
        session = await environment.session(call.server_id)
        try:
            await session.call(call.tool, parse_canonical(text))
        except CallLostError:
            await environment.end([call.server_id])


@contextlib.asynccontextmanager
async def pipeline(sample: Sample, data: Path) -> AsyncIterator[Pipeline]:
    """Run the stages behind the sampler over a Kafka that holds the catalogue."""
    async with beside.kafka() as bootstrap:
        await admin.create_topics(bootstrap)
        async with Publisher(bootstrap, "bench") as publisher:
            await publisher.publish([Output("tool-catalogue", one.key, one.record) for one in sample.catalogue])
        valkey = Valkey(data / "valkey")
        await asyncio.to_thread(valkey.start)
        try:
            with _services(sample, data, bootstrap, valkey.url):
                yield Pipeline(bootstrap, sample)
        finally:
            valkey.stop()


@contextlib.contextmanager
def _services(sample: Sample, data: Path, kafka: str, valkey: str) -> Iterator[None]:
    ports = free_ports(data, 2 + len(SERVICES))
    addresses = Addresses(kafka, valkey, ports[0], ports[1], ports[2:])
    common = common_environment(sample.parameters, data, EmbeddedSettings().cache, addresses)
    started = []
    try:
        for index, spec in enumerate(SERVICES):
            if spec.name in STAGES:
                own = own_environment(spec, index, sample.parameters, addresses)
                environment = {**os.environ, **common, **own}  # noqa: TID251 - the parent's, passed on
                started.append(spawn(spec.name, spec.command(), data / f"{spec.name}.log", environment))
        yield
    finally:
        for process in started:
            process.stop(30)


@contextlib.asynccontextmanager
async def scripts(sample: Sample, data: Path) -> AsyncIterator[tuple[Script, Script]]:
    """Yield both references."""
    scratch = data / "run" / "bench"
    cache = EmbeddedSettings().cache
    launcher = Launcher(read_servers(Path(sample.parameters.servers_file)), cache, scratch, find_programs())
    worlds = WorldStore(data / "worlds")
    bounds = PoolBounds(environments=SETTINGS.concurrency + SETTINGS.spare_environments)
    async with (
        EnvironmentPool(worlds, launcher, scratch / "same", bounds) as pool,
        EnvironmentPool(worlds, launcher, scratch / "warm", bounds) as other,
        WarmServers(other, launcher) as warm,
    ):
        for event in sample.catalogue:
            if isinstance(event.record, ToolRecord):
                pool.learn(event.record)

        def lend(one: Exploration, clock: Clock) -> contextlib.AbstractAsyncContextManager[Environment]:
            servers = sorted({call.server_id for call in one.calls})
            return pool.lease(one.world_digest, clock, servers)

        yield Script(sample, lend, make_metered), Script(sample, warm.lend, warm.make)


async def measure(sample: Sample, data: Path) -> None:
    """Take turns."""
    async with pipeline(sample, data) as ours, scripts(sample, data) as (same, warm):
        runs = {"pipeline": ours.run, "same processes": same.run, "warm processes": warm.run}
        found = await _turns(runs)
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    results.merge(
        [
            results.entry(
                f"whole pipeline, tool calls beside a script over {name}",
                "1/s",
                medians["pipeline"],
                medians[name],
                found["pipeline"],
            )
            for name in ("same processes", "warm processes")
        ]
    )


async def _turns(runs: Mapping[str, Callable[[], Awaitable[float]]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(beside.RUNS + 1):
        for name, run in runs.items():
            rate = await asyncio.wait_for(run(), START_SECONDS)
            print(f"  {name} {rate:.2f} 1/s{'' if number else ' (to warm up)'}", flush=True)
            found[name] += [rate] if number else []
    return found


def main() -> None:
    """Take the sample and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, help="data folder of a finished run")
    data: Path = parser.parse_args().data
    sample = take_sample(data)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(data / "worlds", Path(folder) / "worlds")
        asyncio.run(measure(sample, Path(folder)))


if __name__ == "__main__":
    main()
