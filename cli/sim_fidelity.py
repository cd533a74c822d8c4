"""`firefly sim fidelity`: how far each tier can be trusted, measured on recorded calls that are held out."""

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from services.simulator.adapters.live_pool import LivePoolThread, Places
from services.simulator.adapters.nearest_file import write_thresholds
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, read_content, snapshot_folder
from services.simulator.adapters.snapshot_file import read_snapshot_manifest as read_manifest
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.domain import holding_out
from services.simulator.domain.fidelity import Share, Trial, enabled, share_of
from services.simulator.domain.replaying import Tier
from services.simulator.domain.retrieval import Thresholds
from services.simulator.domain.snapshots import Content
from services.simulator.settings import Settings

AT_ONCE = 2
HEAD = "| tool | tier | answered | form | fields | same answer | task outcome |\n|---|---|---|---|---|---|---|"


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True, help="Which calls are held out together.")
@click.option("--required", type=click.FloatRange(0.5, 0.999), default=0.9, show_default=True, help="To pass.")
@click.option("--least", type=click.IntRange(1), default=10, show_default=True, help="Tools with fewer calls: one row.")
@click.option("--live", is_flag=True, help="Make the held-out calls on the servers too; needs a packed runtime.")
@click.option(
    "--write", type=click.Path(path_type=Path), help="File for the tools that pass, for `sim serve --nearest`."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fidelity(place: Path, seed: int, required: float, least: int, **options: Any) -> None:
    """Answer each recorded call of the snapshot at PLACE without itself, and weigh what every tier says.

    A tenth of every tool's calls is held out at a time, until each was once. Shares stand with their 95 % interval.
    A tool passes when, within a distance chosen on one half of its calls, the lower end for the other half is at
    least --required.

    \b
    Examples:
      firefly sim fidelity out/demo
      firefly sim fidelity out/demo --write out/nearest.json && firefly sim serve --snapshot out/demo --nearest out/nearest.json
    """  # noqa: D301, E501
    folder = snapshot_folder(place)
    manifest = read_manifest(folder)
    content, library = read_content(folder, tuple(manifest.worlds)), open_snapshot(folder)
    try:
        found = list(holding_out.trials(content, library, seed))
        if options["live"]:
            found += asyncio.run(_live(folder, content, library, seed))
    finally:
        library.close()
    passing = enabled(found, required)
    if options["write"]:
        how = {"seed": seed, "required": required, "calls": sum(one.tier is Tier.NEAREST for one in found)}
        write_thresholds(options["write"], Thresholds(manifest.snapshot_id, passing), how)
    if options["as_json"]:
        click.echo(json.dumps(_value(found, passing, manifest.snapshot_id), sort_keys=True))
    else:
        click.echo(_table(found, passing, least))


async def _live(folder: Path, content: Content, library: SqliteLibrary, seed: int) -> list[Trial]:
    """Make the held-out calls of the worlds' first states on the pinned servers."""
    scale = holding_out.scale_of(content, seed)
    first = [one for one in holding_out.readers(content) if one.state.world in content.world_digests]
    calls = [one for one in first if not one.state.session]
    room = asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="firefly-fidelity-") as scratch:
        places = Places(Settings(snapshot=folder).cache_dir, Path(scratch))
        async with LivePoolThread(read_runtime(folder, library), places) as pool:

            async def one(number: int) -> Trial:
                async with room:
                    made = await pool.run(holding_out.live_call(calls[number], library), lambda made: made)
                    return scale.trial(
                        calls[number], Tier.LIVE, holding_out.live_reply(made), calls[number].arguments_json
                    )

            return list(await asyncio.gather(*(one(number) for number in range(len(calls)))))


def _value(found: Sequence[Trial], passing: Mapping[tuple[str, str], float], snapshot_id: str) -> dict[str, Any]:
    rows = [
        {"server": server, "tool": tool, "tier": tier, **{name: asdict(share) for name, share in _shares(here).items()}}
        for (server, tool, tier), here in sorted(holding_out.summed(found).items())
    ]
    near = [{"server_digest": digest, "tool": tool, "distance": limit} for (digest, tool), limit in passing.items()]
    return {"snapshot_id": snapshot_id, "rows": rows, "enabled": near}


def _table(found: Sequence[Trial], passing: Mapping[tuple[str, str], float], least: int) -> str:
    rows, small, whole = [], defaultdict(list), defaultdict(list)
    for (server, tool, tier), here in sorted(holding_out.summed(found).items()):
        whole[tier].append(here)
        if tier is not Tier.EXACT and any(one.answered for one in here):
            if len(here) >= least:
                rows.append(_row(f"{server}/{tool}", tier, here))
            else:
                small[tier].append(here)
    rows += [_row(f"{len(lists)} tools with fewer calls", tier, _joined(lists)) for tier, lists in small.items()]
    rows += [_row(f"all {len(lists)} tools", tier, _joined(lists)) for tier, lists in whole.items()]
    names = sorted(
        {f"{one.server_id}/{one.tool} <= {passing[name]}" for one in found if (name := _name(one)) in passing}
    )
    return "\n".join((HEAD, *rows, "", f"nearest passes for: {', '.join(names) or 'no tool'}"))


def _joined(lists: Sequence[Sequence[Trial]]) -> list[Trial]:
    return [one for here in lists for one in here]


def _row(name: str, tier: Tier, here: Sequence[Trial]) -> str:
    shares = _shares(here)
    told = " | ".join(_told(shares[column]) for column in ("form", "fields", "same", "outcome"))
    return f"| {name} | {tier} | {round(shares['answered'].share * len(here))} of {len(here)} | {told} |"


def _shares(here: Sequence[Trial]) -> dict[str, Share]:
    answered = [one for one in here if one.answered]
    return {
        "answered": share_of([float(one.answered) for one in here]),
        "form": share_of([float(one.valid) for one in answered]),
        "fields": share_of([one.agreement for one in answered]),
        "same": share_of([float(one.agrees) for one in answered]),
        "outcome": share_of([float(same) for one in answered for same in one.outcomes]),
    }


def _told(share: Share) -> str:
    if not share.of:
        return "-"
    return f"{share.share:.1%} ({share.low:.0%}-{share.high:.0%}, n={share.of})".replace("%", " %")


def _name(one: Trial) -> tuple[str, str]:
    return one.server_digest, one.tool
