"""`firefly world`: build little companies to explore, and look at those already built."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from shared.model.errors import BadInput

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def world() -> None:
    """Build worlds (folders of files about one made-up company) and look at them."""


@world.command()
@click.option("--seed", type=int, required=True, help="Another seed gives another company.")
@click.option("--size", type=click.IntRange(1, 5), default=3, show_default=True, help="How much of everything.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make; an older world is replaced."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def build(seed: int, size: int, out: Path, as_json: bool) -> None:
    """Build the world of a seed.

    \b
    Example: firefly world build --seed 7 --size 3 --out examples/world
    """  # noqa: D301
    # The builder needs the packages of the `worlds` extra; every other command works without them.
    try:
        from worlds import build as build_world
    except ModuleNotFoundError as error:
        raise click.ClickException(f"the package {error.name} is missing: install firefly[worlds]") from error
    try:
        folder = build_world(seed, size, out)
    except (BadInput, OSError) as error:
        raise click.ClickException(str(error)) from error
    summary = _summary(folder)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _show([summary])


@world.command("list")
@click.argument("folder", type=_FOLDER, default=".")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_worlds(folder: Path, as_json: bool) -> None:
    """List the worlds in FOLDER and in its folders.

    \b
    Example: firefly world list examples
    """  # noqa: D301
    found = sorted(path.parent for pattern in ("world.json", "*/world.json") for path in folder.glob(pattern))
    summaries = [_summary(path) for path in found]
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False))
    else:
        _show(summaries)


@world.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(folder: Path, as_json: bool) -> None:
    """Say what stands in the files of the world in FOLDER.

    \b
    Example: firefly world inspect examples/world
    """  # noqa: D301
    summary = _summary(folder)
    summary["places"] = _places(folder / "entities.json")
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
        return
    table = Table("file", "facts", title=f"{summary['name']}, {summary['now']}")
    for path, count in summary["places"].items():
        table.add_row(path, str(count))
    Console().print(table)


def _summary(folder: Path) -> dict[str, Any]:
    about = _read(folder / "world.json")
    manifest = _read(folder / "manifest.json") if (folder / "manifest.json").is_file() else {}
    files = folder / str(about.get("files", "files"))
    return {
        "folder": str(folder),
        "name": str(about.get("name", folder.name)),
        "now": str(about.get("now", "")),
        "files": sum(1 for path in files.rglob("*") if path.is_file()),
        "seed": manifest.get("seed"),
        "size": manifest.get("size"),
        "world_digest": manifest.get("world_digest", ""),
    }


def _places(index: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    if not index.is_file():
        return counts
    for entity in _read(index)["entities"]:
        for fact in entity["facts"]:
            for place in fact["places"]:
                counts[place["file"]] = counts.get(place["file"], 0) + 1
    return dict(sorted(counts.items()))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path} cannot be read as JSON ({error}); build the world again") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{path} holds no JSON object; build the world again")
    return content


def _show(worlds: list[dict[str, Any]]) -> None:
    for found in worlds:
        origin = f", seed {found['seed']} size {found['size']}" if found["seed"] is not None else ""
        click.echo(
            f"{found['folder']}: {found['name']}{origin}, {found['files']} files, now {found['now'] or 'not set'}"
        )
        if found["world_digest"]:
            click.echo(f"  digest {found['world_digest']}")
