"""Exact hits beside a bare grpc.aio echo: `python -m benchmarks.exact_hit SNAPSHOT [--store memory|sqlite]`.

Server and client are processes of their own; the echo answers every call with the same number of bytes and does nothing
else. Both are called alternately, medians of five; opening the episodes is not counted.
"""

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from benchmarks import results
from cli.dataset.reading import read_tasks
from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json

RUNS, PER_EPISODE = 5, 10
CALLS = {1: 500, 64: 3000, 512: 3000}
ECHO = "/bench.Echo/Call"
Ask = Callable[[pb.CallToolRequest], Awaitable[Any]]


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


async def load(ask: Ask, requests: list[pb.CallToolRequest], in_flight: int) -> tuple[float, list[float]]:
    """Make all calls, so many at a time; returns calls per second and each call's seconds."""
    waiting, spent = iter(requests), []

    async def work() -> None:
        for request in waiting:
            begun = time.perf_counter()
            await ask(request)
            spent.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return len(requests) / (time.perf_counter() - begun), sorted(spent)


async def measure(export: Path, store: str) -> None:
    """Measure all levels of load."""
    task = next(row for row in read_tasks(export) if row.calls)
    call = task.calls[0]
    name, arguments = task.tool_names[call.server, call.tool], plain_json(parse_canonical(call.arguments_json))
    async with _simulator(export, store) as stub:

        async def episodes(count: int) -> list[pb.CallToolRequest]:
            made = [await stub.CreateEpisode(pb.CreateEpisodeRequest(task_id=task.task_id)) for _ in range(count)]
            return [
                pb.CallToolRequest(
                    episode_id=one.episode_id, call_id=str(turn), tool_name=name, arguments_json=arguments
                )
                for turn in range(PER_EPISODE)
                for one in made
            ]

        answer = await stub.CallTool((await episodes(1))[0])
        if answer.tier != pb.TIER_EXACT:
            raise SystemExit(f"the reference call is not exact: {answer}")
        async with _echo(answer.ByteSize()) as echo:
            for in_flight, calls in CALLS.items():
                await _level(stub.CallTool, echo, episodes, in_flight, calls, store)


async def _level(ours: Ask, echo: Ask, episodes: Any, in_flight: int, calls: int, store: str) -> None:
    rates: dict[str, list[float]] = {"ours": [], "echo": []}
    p50: dict[str, list[float]] = {"ours": [], "echo": []}
    p99: dict[str, list[float]] = {"ours": [], "echo": []}
    for _ in range(RUNS):
        requests = await episodes(-(-calls // PER_EPISODE))
        for who, ask in (("echo", echo), ("ours", ours)):
            rate, spent = await load(ask, requests, in_flight)
            rates[who].append(rate)
            p50[who].append(spent[len(spent) // 2] * 1e3)
            p99[who].append(spent[int(len(spent) * 0.99)] * 1e3)
    where = f"{in_flight} in flight, episodes in {store}"
    for what, unit, found in (("calls", "1/s", rates), ("p50", "ms", p50), ("p99", "ms", p99)):
        medians = {who: statistics.median(values) for who, values in found.items()}
        figure = results.entry(f"exact hit {what}, {where}", unit, medians["ours"], medians["echo"], found["ours"])
        results.merge([figure])


@contextlib.asynccontextmanager
async def _simulator(export: Path, store: str) -> AsyncIterator[Any]:
    port = _port()
    command = [sys.executable, "-m", "cli", "sim", "serve", "--snapshot", str(export), "--port", str(port)]
    with tempfile.TemporaryDirectory() as scratch:
        command += ["--episodes", f"{scratch}/episodes.sqlite"] if store == "sqlite" else []
        with _process(command):
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                await asyncio.wait_for(channel.channel_ready(), 60)
                yield simulator_grpc.SimulatorServiceStub(channel)


@contextlib.asynccontextmanager
async def _echo(size: int) -> AsyncIterator[Ask]:
    port = _port()
    with _process([sys.executable, "-m", "benchmarks.exact_hit", "--echo", str(port), str(size)]):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await asyncio.wait_for(channel.channel_ready(), 60)
            call: Any = channel.unary_unary(ECHO, request_serializer=pb.CallToolRequest.SerializeToString)
            yield call


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def main() -> None:
    """Measure, or be the echo."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path, nargs="?")
    parser.add_argument("--store", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--echo", type=int, nargs=2)
    asked = parser.parse_args()
    asyncio.run(serve_echo(*asked.echo) if asked.echo else measure(asked.export, asked.store))


if __name__ == "__main__":
    main()
