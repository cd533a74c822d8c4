"""`firefly snapshot respell`: a snapshot that also answers other spellings of its calls, where pairs proved them."""

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

import click

from services.simulator.adapters.live_pool import LivePoolThread, Places
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import (
    open_snapshot,
    read_content,
    read_snapshot_manifest,
    snapshot_folder,
    write_snapshot,
)
from services.simulator.domain.proving import LEAST_PAIRS, Tried, repeating, trials
from services.simulator.domain.snapshots import RUNTIME, WORLDS, Content
from shared.model.calls import Recording
from shared.model.errors import BadInput
from shared.runtime.settings import ServiceSettings

HEAD = "| argument | rule | pairs | agreed | disagreed | calls | results | rule is |\n|---|---|---|---|---|---|---|---|"


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--pairs",
    type=click.IntRange(LEAST_PAIRS, 1000),
    default=LEAST_PAIRS,
    show_default=True,
    help="Executed per argument and rule.",
)
@click.option("--tool", "tools", multiple=True, help="Only these tools, as server/tool.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def respell(place: Path, new: Path, pairs: int, tools: tuple[str, ...], as_json: bool) -> None:
    """Prove which spellings mean the same to the tools of the snapshot at PLACE, and write the snapshot NEW with that.

    PLACE needs its runtime (`snapshot create --runtime`). For each string argument of a tool that only reads, and each
    rule, recorded calls and other spellings of them are made on the pinned server in equal worlds. The rule is switched
    on where at least 30 pairs gave the same bytes and none gave others.

    \b
    Example: firefly snapshot respell out/wide out/respelt
    """  # noqa: D301
    # Reading SQL takes two seconds to load, which no other command should wait for.
    from services.simulator.adapters import sql_reader

    folder = snapshot_folder(place)
    content = read_content(folder, tuple(read_snapshot_manifest(folder).worlds))
    named = {(tool.server_digest, tool.name): f"{tool.server_id}/{tool.name}" for tool in content.tools}
    if unknown := sorted(set(tools) - set(named.values())):
        raise BadInput(f"{place} holds no tool {', '.join(unknown)}: name tools as server/tool")
    chosen = {key for key, name in named.items() if name in tools or not tools}
    tried, recorded = asyncio.run(_tried(folder, content, pairs, chosen))
    rules = tuple(one.as_rule(sql_reader.VERSION) for one in tried if one.holds)
    # Rules of other tools stay; those of a tool that was tried again are only what it shows now.
    again = {(one.trial.server_digest, one.trial.tool) for one in tried}
    kept = tuple(one for one in content.spellings if (one.server_digest, one.tool) not in again)
    worlds = {digest: folder / WORLDS / digest for digest in content.world_digests}
    known = {one.recording_id: one for one in (*recorded, *content.recordings)}
    manifest = write_snapshot(
        replace(
            content,
            spellings=(*kept, *rules),
            recordings=tuple(sorted(known.values(), key=lambda one: one.recording_id)),
        ),
        worlds,
        new,
        metadata.version("firefly"),
        partial(shutil.copytree, folder / RUNTIME),
    )
    spelt = Counter(f"{one.server_id}/{one.tool}" for one in recorded)
    told = {"snapshot_id": manifest.snapshot_id, "rules": len(rules), "trials": [_row(one) for one in tried]}
    told["recorded"] = dict(sorted(spelt.items()))
    click.echo(json.dumps(told, sort_keys=True) if as_json else _text(tried, spelt, manifest.snapshot_id, new))


async def _tried(
    folder: Path, content: Content, pairs: int, tools: set[tuple[str, str]]
) -> tuple[Sequence[Tried], Sequence[Recording]]:
    from cli.respelling import Proof
    from services.simulator.adapters import sql_reader

    library = open_snapshot(folder)
    try:
        runnable = read_runtime(folder, library)
        # What cannot run here cannot be proven here.
        here = {(digest, tool) for digest, tool in tools if digest in runnable.digests.values()}
        wanted = list(trials(content, sql_reader.read, here, pairs))
        with tempfile.TemporaryDirectory(prefix="firefly-respell-") as scratch:
            async with LivePoolThread(runnable, Places(ServiceSettings().cache_dir, Path(scratch))) as pool:
                proof = Proof(library, pool, content.recordings, lambda text: click.echo(text, err=True))
                tried = [await proof.try_out(one) for one in wanted]
                return tried, await proof.record(repeating(content, sql_reader.read, here))
    finally:
        library.close()


def _row(tried: Tried) -> dict[str, str | int | bool]:
    one = tried.trial
    return {
        "server": one.server_id,
        "tool": one.tool,
        "argument": one.place,
        "rule": one.rule,
        "pairs": len(one.pairs),
        "agreed": tried.agreed,
        "disagreed": tried.disagreed,
        "calls": tried.calls,
        "results": tried.results,
        "holds": tried.holds,
        "example": tried.example,
    }


def _text(tried: Sequence[Tried], spelt: Mapping[str, int], snapshot_id: str, new: Path) -> str:
    rows = [
        f"| {one.trial.server_id}/{one.trial.tool} `{one.trial.place}` | `{one.trial.rule}` | {len(one.trial.pairs)} | "
        f"{one.agreed} | {one.disagreed} | {one.calls} | {one.results} | {'on' if one.holds else 'off'} |"
        for one in tried
    ]
    many = sum(one.holds for one in tried)
    alone = [
        f"{many} spellings recorded of {name}, whose results repeat a path" for name, many in sorted(spelt.items())
    ]
    return "\n".join((HEAD, *rows, "", *alone, f"{snapshot_id}: {many} of {len(tried)} rules hold  {new}"))
