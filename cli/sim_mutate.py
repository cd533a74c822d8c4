"""`firefly sim mutate`: wrong calls never earn a success; told by playing them, and by real servers where they run."""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import click
from firefly_client import AsyncClient, AsyncEpisode, Reply

from cli.sim_mutations import KINDS, Mutant, mutants
from services.simulator.adapters.live_pool import LivePoolThread, Places
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, read_content, read_snapshot_manifest
from services.simulator.adapters.snapshot_file import snapshot_folder as folder_of
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.app import build
from services.simulator.domain.ports import LiveCall
from services.simulator.domain.replaying import text_result
from services.simulator.domain.situation import Situation
from services.simulator.settings import Settings
from shared.model.calls import Recording
from shared.model.catalogue import Behaviour, PathMode
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.effects import effect_of
from shared.proof.keys import canonical_arguments
from shared.proof.results import canonical_result
from shared.runtime.rpc import RpcServer

HARMLESS = ("typed error", "miss", "server's own answer", "another recorded call")
EARNED = "earned success"
AT_ONCE = 2
CALL_SECONDS = 300.0
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one wrong call."""

    mutant: Mutant
    tier: str
    verdict: str


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--live/--replay-only", default=False, help="Run what nobody recorded, and compare with other processes.")
@click.option("--limit", type=click.IntRange(1), help="Spoil the first recorded calls only.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only such wrong calls.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def mutate(place: Path, live: bool, limit: int | None, kinds: tuple[str, ...], as_json: bool) -> None:
    """Spoil every recorded call of the snapshot at PLACE and count what the simulator answers.

    Exit code 1 when a wrong call earned a success that the real server would not give.

    \b
    Example: firefly sim mutate out/live --live
    """  # noqa: D301
    judged = asyncio.run(judge_all(place, kinds or KINDS, live=live, limit=limit))
    table = _table(judged)
    if as_json:
        click.echo(json.dumps({"calls": len(judged), "share": _share(judged), "table": table}, sort_keys=True))
    else:
        for kind, row in table.items():
            click.echo(f"{kind:13} " + ", ".join(f"{name} {many}" for name, many in row.items()))
        click.echo(f"{len(judged)} wrong calls, {_share(judged):.2%} of them earned nothing")
    earned = [one for one in judged if one.verdict not in HARMLESS]
    for one in earned[:SHOWN]:
        click.echo(f"{one.verdict} ({one.tier}): {one.mutant}", err=True)
    if earned:
        raise SystemExit(1)


async def judge_all(
    place: Path, kinds: Collection[str] = KINDS, *, live: bool = False, limit: int | None = None
) -> list[Judged]:
    """Play every wrong call in an episode of its own.

    Raises:
        BadInput: the snapshot cannot be used, or run.
    """
    folder = folder_of(place)
    content = read_content(folder, tuple(read_snapshot_manifest(folder).worlds))
    calls = [one for one in content.recordings if one.state.world in content.world_digests and not one.state.session]
    chosen = [one for one in calls if not one.is_error][:limit]
    async with AsyncExitStack() as resources:
        scratch = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="firefly-mutate-")))
        client = await resources.enter_async_context(
            AsyncClient(await _served(folder, scratch, live, resources), CALL_SECONDS)
        )
        library = open_snapshot(folder)
        resources.callback(library.close)
        judge = Judge(client, library, await _truth(folder, scratch, live, resources))
        room = asyncio.Semaphore(AT_ONCE)

        async def one(recording: Recording, mutant: Mutant) -> Judged:
            async with room:
                return await judge.judged(recording, mutant)

        pairs = [(call, bad) for call in chosen for bad in mutants(call.server_id, call.tool, call.arguments_json)]
        pairs = [(call, bad) for call, bad in pairs if bad.kind in kinds]
        return list(await asyncio.gather(*(one(*pair) for pair in pairs)))


class Judge:
    """Plays wrong calls and says what their answers are worth."""

    def __init__(self, client: AsyncClient, library: SqliteLibrary, truth: LivePoolThread | None) -> None:
        self._client, self._library, self._truth = client, library, truth

    async def judged(self, recording: Recording, mutant: Mutant) -> Judged:
        """Play one wrong call."""
        async with await self._client.free_episode([mutant.server_id], recording.state.world) as episode:
            reply = await episode.call(_offered(episode, mutant), mutant.arguments_json)
        return Judged(mutant, reply.tier, await self._verdict(recording, mutant, reply))

    async def _verdict(self, recording: Recording, mutant: Mutant, reply: Reply) -> str:
        if reply.tier == "error":
            return "typed error" if reply.error_code and reply.is_error else EARNED
        if reply.tier == "miss":
            return "miss" if reply.is_error else EARNED
        if self._truth is not None:
            said = await self._said_by_server(recording, mutant)
            return "server's own answer" if said == _result(reply) else EARNED
        return self._without_servers(recording, mutant, reply)

    def _without_servers(self, recording: Recording, mutant: Mutant, reply: Reply) -> str:
        """Judge a recorded answer: the wrong call may be, as written, another call that was recorded."""
        served = self._library.recording(reply.recording_id)
        if served is None or reply.tier != "exact":
            return f"{reply.tier}, not compared"
        tool = self._library.tool(recording.server_digest, mutant.tool)
        written = canonical_arguments(mutant.arguments_json, tool.input_schema_json if tool else "")
        return "another recorded call" if served.arguments_json == written else EARNED

    async def _said_by_server(self, recording: Recording, mutant: Mutant) -> str:
        assert self._truth is not None  # asked only with servers
        tool = self._library.tool(recording.server_digest, mutant.tool)
        arguments = canonical_arguments(mutant.arguments_json, tool.input_schema_json if tool else "")
        call = LiveCall(
            recording.state.world,
            (),
            Situation(recording.state.world),
            recording.server_id,
            recording.server_digest,
            mutant.tool,
            arguments,
            effect_of(tool.behaviour if tool else Behaviour(), parse_canonical(arguments)),
            PathMode(recording.path_mode),
        )
        made = await self._truth.run(call, lambda made: made)
        return made.result_json if isinstance(made, Recording) else text_result(made.reason)


def _offered(episode: AsyncEpisode, mutant: Mutant) -> str:
    named = (tool.name for tool in episode.tools if tool.original_name == mutant.tool)
    return next(named, mutant.tool)


def _result(reply: Reply) -> str:
    structured = json.loads(reply.structured_content_json) if reply.structured_content_json else None
    try:
        return canonical_result(parse_canonical(canonical(json.loads(reply.content_json))), structured, reply.is_error)
    except Rejected:
        return ""


async def _served(folder: Path, scratch: Path, live: bool, resources: AsyncExitStack) -> str:
    settings = Settings(snapshot=folder, live_store=False, grpc_port=0, replay_only=not live, data_dir=scratch)
    parts = await build(settings, resources)
    server = next(part for part in parts if isinstance(part, RpcServer))
    stopping = asyncio.Event()
    running = asyncio.create_task(server.run(stopping))

    async def stop() -> None:
        stopping.set()
        await asyncio.wait({running}, timeout=30)

    resources.push_async_callback(stop)
    while not server.readiness().ok:
        if running.done():
            running.result()
        await asyncio.sleep(0.05)
    return f"127.0.0.1:{server.port}"


async def _truth(folder: Path, scratch: Path, live: bool, resources: AsyncExitStack) -> LivePoolThread | None:
    if not live:
        return None
    library = open_snapshot(folder)
    resources.callback(library.close)
    places = Places(Settings(snapshot=folder).cache_dir, scratch / "truth")
    try:
        return await resources.enter_async_context(LivePoolThread(read_runtime(folder, library), places))
    except BadInput as error:
        raise BadInput(f"{folder} cannot be compared with its servers: {error}") from error


def _table(judged: Sequence[Judged]) -> Mapping[str, Mapping[str, int]]:
    rows = {kind: Counter(one.verdict for one in judged if one.mutant.kind == kind) for kind in KINDS}
    return {kind: dict(sorted(row.items())) for kind, row in rows.items() if row}


def _share(judged: Sequence[Judged]) -> float:
    harmless = sum(one.verdict in HARMLESS for one in judged)
    return harmless / len(judged) if judged else 1.0
