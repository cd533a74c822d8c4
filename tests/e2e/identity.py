"""The same (snapshot, overlay) answers the same bytes, whatever replica is asked and however often it was started.

`python -m tests.e2e.identity PLACE --requests 10000 --live`: plays episodes of recorded, respelt, wrong, unknown and
moving calls through two replicas that share episode store and overlay, call by call in turn; stops both, starts them
anew on the same overlay, plays the same again, and compares every answer, tiers included, byte for byte.
"""

import argparse
import asyncio
import contextlib
import json
import random
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from cli.sim_mutations import mutants
from services.simulator.adapters.snapshot_file import read_content, read_snapshot_manifest, snapshot_folder
from services.simulator.domain.snapshots import Content
from shared.model.calls import Recording
from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json

REPLICAS, STARTS, AT_ONCE = 2, 2, 16
CALLS_EACH, SCRIPTS = 5, 150
"""Calls of a script, and different scripts at most: rollouts of one task repeat each other."""
START_SECONDS, CALL_SECONDS, RETRIES = 180.0, 300.0, 20
MOVING = (
    ("write_file", {"path": "/workspace/identity-{n}.txt", "content": "line {n}"}),
    ("read_text_file", {"path": "/workspace/identity-{n}.txt"}),
    ("create_entities", {"entities": [{"name": "n{n}", "entityType": "note", "observations": ["seen"]}]}),
    ("read_graph", {}),
)
"""Calls that move a world and look at it, for the servers that have such tools."""
_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script."""

    kind: str
    server_id: str
    tool: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What was seen."""

    requests: int
    tiers: Counter[str]
    differing: tuple[str, ...]
    """One line per answer that was not the same in every start."""


def scripts(content: Content, count: int, seed: int) -> list[list[Call]]:
    """Draw episodes: mostly recorded calls, among them every kind of other call."""
    chance = random.Random(seed)
    first = [one for one in content.recordings if one.state.world in content.world_digests and not one.state.session]
    made = [[_drawn(chance, chance.choice(first), number) for _ in range(CALLS_EACH)] for number in range(count)]
    tools = {tool.name: tool.server_id for tool in content.tools}
    moves = [(name, arguments) for name, arguments in MOVING if name in tools]
    for number in range(0, count, 5) if moves else ():
        made[number] = [
            Call("moving", tools[name], name, json.dumps(arguments).replace("{n}", str(number)))
            for name, arguments in moves
        ] + made[number][: CALLS_EACH - len(moves)]
    return made


def _drawn(chance: random.Random, recording: Recording, number: int) -> Call:
    server_id, tool, arguments = recording.server_id, recording.tool, recording.arguments_json
    kind = chance.choices(("recorded", "respelt", "wrong", "broken"), (6, 2, 1, 1))[0]
    if kind == "wrong":
        one = chance.choice(list(mutants(server_id, tool, arguments)))
        return Call(one.kind, server_id, one.tool, one.arguments_json)
    if kind == "broken":
        return Call(kind, server_id, tool, chance.choice(("{", "[]", '{"a":1,"a":2}', '{"a":NaN}', f'"{number}"')))
    value = parse_canonical(arguments)
    if kind == "respelt":
        value = dict(reversed(value.items()))
    return Call(kind, server_id, tool, ("  " if kind == "respelt" else "") + plain_json(value))


async def compared(place: Path, requests: int, live: bool, seed: int = 1) -> Compared:
    """Play the same requests in every start and compare.

    Raises:
        BadInput: the snapshot cannot be used.
    """
    folder = snapshot_folder(place)
    content = read_content(folder, tuple(read_snapshot_manifest(folder).worlds))
    known = scripts(content, min(SCRIPTS, max(1, requests // CALLS_EACH // STARTS)), seed)
    chance = random.Random(seed)
    order = [chance.randrange(len(known)) for _ in range(requests // CALLS_EACH // STARTS)]
    answers: dict[tuple[int, int], bytes] = {}
    tiers: Counter[str] = Counter()
    differing: list[str] = []
    asked = 0
    with tempfile.TemporaryDirectory(prefix="firefly-identity-") as scratch:
        for start in range(STARTS):
            async with contextlib.AsyncExitStack() as resources:
                replicas = [_replica(folder, Path(scratch), live, start) for _ in range(REPLICAS)]
                stubs = await asyncio.gather(*(resources.enter_async_context(one) for one in replicas))
                async for script, turn, answer in _played(stubs, content, known, order):
                    asked += 1
                    tiers[pb.Tier.Name(answer.tier).removeprefix("TIER_").lower()] += 1
                    said = answer.SerializeToString(deterministic=True)
                    if answers.setdefault((script, turn), said) != said:
                        differing.append(f"start {start}, script {script}, {known[script][turn]}: {answer}")
    return Compared(asked, tiers, tuple(differing))


async def _played(
    stubs: Sequence[Any], content: Content, known: list[list[Call]], order: list[int]
) -> AsyncIterator[tuple[int, int, pb.CallToolResponse]]:
    servers, world = sorted({call.server_id for script in known for call in script}), content.world_digests[0]
    opening = pb.CreateEpisodeRequest(server_ids=servers, world_digest=world)
    room = asyncio.Semaphore(AT_ONCE)

    async def rollout(number: int, script: int) -> list[tuple[int, int, pb.CallToolResponse]]:
        async with room:
            made = await stubs[number % REPLICAS].CreateEpisode(opening)
            offered = {(tool.server_id, tool.original_name): tool.name for tool in made.tools}
            found = []
            for turn, call in enumerate(known[script]):
                name = offered.get((call.server_id, call.tool), call.tool)
                request = pb.CallToolRequest(
                    episode_id=made.episode_id, call_id=str(turn), tool_name=name, arguments_json=call.arguments_json
                )
                found.append((script, turn, await _asked(stubs, number + turn, request)))
            return found

    for done in asyncio.as_completed([rollout(number, script) for number, script in enumerate(order)]):
        for one in await done:
            yield one


async def _asked(stubs: Sequence[Any], number: int, request: pb.CallToolRequest) -> pb.CallToolResponse:
    """Ask one replica, the next one where it says that it cannot now: no such answer is about the call."""
    for again in range(RETRIES):
        try:
            answer: pb.CallToolResponse = await stubs[(number + again) % REPLICAS].CallTool(
                request, timeout=CALL_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            if error.code() not in _AGAIN or again == RETRIES - 1:
                raise
            await asyncio.sleep(0.5)
        else:
            return answer
    raise AssertionError("the last try answers or raises")


@contextlib.asynccontextmanager
async def _replica(folder: Path, scratch: Path, live: bool, start: int) -> AsyncIterator[Any]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "cli", "sim", "serve", "--snapshot", str(folder), "--port", str(port)]
    command += ["--data", str(scratch / "data"), "--episodes", str(scratch / f"episodes-{start}.sqlite")]
    command += ["--live", "--overlay", str(scratch / "overlay.sqlite")] if live else ["--replay-only"]
    with (scratch / f"log-{port}").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
            except TimeoutError as error:
                raise AssertionError((scratch / f"log-{port}").read_text()[-2000:]) from error
            yield simulator_grpc.SimulatorServiceStub(channel)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 60)


def main() -> None:
    """Compare, print what was seen, exit 1 for any difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = asyncio.run(compared(asked.place, asked.requests, asked.live, asked.seed))
    tiers = dict(sorted(found.tiers.items()))
    sys.stdout.write(f"{found.requests} requests, {len(found.differing)} answers differ; {tiers}\n")
    sys.stderr.writelines(f"{line}\n" for line in found.differing[:10])
    raise SystemExit(bool(found.differing))


if __name__ == "__main__":
    main()
