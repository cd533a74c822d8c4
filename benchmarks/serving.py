"""What the simulator's benchmarks share: processes of their own, a bare echo, load with so many calls in flight.

Server and client are processes of their own. The echo answers every call with the same number of bytes and does nothing
else; it gets the same requests over the same kind of channel.
"""

import asyncio
import contextlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
import psutil
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from benchmarks import results
from cli.dataset.reading import read_tasks
from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json

RUNS = 5
START_SECONDS = 300.0
ECHO = "/bench.Echo/Call"
ANSWER_SECONDS = 120.0
"""Deadline of one call; one that passes it is dropped, and a benchmark fails."""
Ask = Callable[[pb.CallToolRequest], Awaitable[Any]]


class Called:
    """A recorded call that every benchmark repeats: the first reference call of the first task that has one."""

    def __init__(self, export: Path) -> None:
        task = next(row for row in read_tasks(export) if row.calls)
        call = task.calls[0]
        self.task_id, self.name = task.task_id, task.tool_names[call.server, call.tool]
        self.arguments = plain_json(parse_canonical(call.arguments_json))

    async def requests(self, stub: Any, episodes: int, each: int) -> list[pb.CallToolRequest]:
        """Open so many episodes; returns their calls, one of each episode after the other."""
        opening = [stub.CreateEpisode(pb.CreateEpisodeRequest(task_id=self.task_id)) for _ in range(episodes)]
        made = [await one for one in opening]
        return [self.request(one.episode_id, str(turn)) for turn in range(each) for one in made]

    def request(self, episode_id: str, call_id: str) -> pb.CallToolRequest:
        """Make the request of one call."""
        return pb.CallToolRequest(
            episode_id=episode_id, call_id=call_id, tool_name=self.name, arguments_json=self.arguments
        )

    async def size(self, stub: Any) -> int:
        """Make the call once and return the bytes of its answer."""
        (request,) = await self.requests(stub, 1, 1)
        answer = await stub.CallTool(request)
        if answer.tier != pb.TIER_EXACT:
            raise SystemExit(f"the reference call is not exact: {answer}")
        return int(answer.ByteSize())


async def serve_echo(port: int, size: int) -> None:
    """Answer every call with the same bytes."""
    payload = bytes(size)

    async def echo(request: bytes, context: Any) -> bytes:
        return payload

    handler = grpc.method_handlers_generic_handler("bench.Echo", {"Call": grpc.unary_unary_rpc_method_handler(echo)})
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


async def load(ask: Ask, requests: Sequence[pb.CallToolRequest], in_flight: int) -> tuple[float, list[float]]:
    """Make all calls, so many at a time; returns calls per second and each call's seconds, sorted."""
    waiting, spent = iter(requests), []

    async def work() -> None:
        for request in waiting:
            begun = time.perf_counter()
            await ask(request)
            spent.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return len(requests) / (time.perf_counter() - begun), sorted(spent)


def quantile(spent: Sequence[float], share: float) -> float:
    """Return the value below which `share` of sorted values lie."""
    return spent[min(len(spent) - 1, int(len(spent) * share))]


class Figures:
    """Runs of several figures, of ours and of the reference."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, list[float]]] = {}
        self._units: dict[str, str] = {}

    def add(self, name: str, unit: str, who: str, value: float) -> None:
        """Note one run; `who` is `ours` or `reference`."""
        self._units[name] = unit
        self._found.setdefault(name, {"ours": [], "reference": []})[who].append(value)

    def write(self) -> None:
        """Keep the medians."""
        entries = []
        for name, found in self._found.items():
            reference = statistics.median(found["reference"]) if found["reference"] else 0.0
            entries.append(
                results.entry(name, self._units[name], statistics.median(found["ours"]), reference, found["ours"])
            )
        results.merge(entries)


class Server:
    """A running process and a channel to it."""

    def __init__(self, process: subprocess.Popen[bytes], channel: grpc.aio.Channel, port: int) -> None:
        self.process, self.channel, self.port = process, channel, port
        self.stub: Any = simulator_grpc.SimulatorServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        self.echo: Any = channel.unary_unary(ECHO, request_serializer=pb.CallToolRequest.SerializeToString)
        self._seen = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        """CPU time that the process has used."""
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    def mebibytes(self) -> float:
        """Memory that the process holds."""
        return float(self._seen.memory_info().rss / 2**20)


STORES: Mapping[str, Sequence[str]] = {"memory": (), "sqlite": ("--episodes", "{scratch}/episodes.sqlite")}


@contextlib.asynccontextmanager
async def simulator(export: Path, store: str = "memory", *more: str) -> AsyncIterator[Server]:
    """Serve an export as `firefly sim serve` does."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = [part.format(scratch=scratch) for part in STORES[store]]
        command = ["-m", "cli", "sim", "serve", "--snapshot", str(export), "--data", scratch, *kept, *more]
        async with _reached([*command, "--port"]) as server:
            yield server


@contextlib.asynccontextmanager
async def echo_server(size: int) -> AsyncIterator[Server]:
    """Serve the echo."""
    async with _reached(["-m", "benchmarks.serving", str(size)]) as server:
        yield server


@contextlib.asynccontextmanager
async def _reached(arguments: list[str]) -> AsyncIterator[Server]:
    port = free_port()
    with process([sys.executable, *arguments, str(port)]) as one:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
            yield Server(one, channel, port)


@contextlib.contextmanager
def process(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process until the block ends."""
    one = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield one
    finally:
        one.terminate()
        one.wait(timeout=30)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(serve_echo(int(sys.argv[2]), int(sys.argv[1])))
