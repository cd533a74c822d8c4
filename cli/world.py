"""`firefly world`: build little companies to explore, and look at those already built."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.world_summary import kinds_of_files, places, read, summary
from shared.model.errors import BadInput

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def world() -> None:
    """Build worlds (folders of files about one made-up company) and look at them."""


@world.command()
@click.option("--seed", type=int, help="Another seed gives another company.")
@click.option("--size", type=click.IntRange(1, 5), default=3, show_default=True, help="How much of everything.")
@click.option("--trade", default="", help="What the company does; drawn from the seed where it is not given.")
@click.option("--count", type=click.IntRange(1), help="Build as many seeds, from --seed on, into OUT/<seed>.")
@click.option("--from", "manifest", type=click.Path(path_type=Path), help="manifest.json of a world to build again.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make; an older world there is replaced."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with --count a list.")
def build(  # noqa: PLR0913, PLR0917  # one parameter an option
    seed: int | None, size: int, trade: str, count: int | None, manifest: Path | None, out: Path, as_json: bool
) -> None:
    """Build the world of a seed, of many seeds, or of a manifest.

    \b
    Example: firefly world build --seed 7 --size 3 --out examples/world
             firefly world build --seed 1 --count 50 --size 2 --out worlds-of-mine
             firefly world build --from examples/world/manifest.json --out again
    """  # noqa: D301
    if (seed is None) == (manifest is None) or (manifest is not None and (count or trade)):
        raise click.ClickException("give either --seed, with or without --trade and --count, or --from alone")
    builder = _builder()
    try:
        if manifest is not None:
            folders = [builder.rebuild(manifest, out)]
        elif count is None:
            folders = [builder.build(seed, size, out, trade)]
        else:
            folders = _build_many(builder, range(seed or 0, (seed or 0) + count), size, out, trade)
    except (BadInput, OSError) as error:
        raise click.ClickException(str(error)) from error
    found = [summary(folder) for folder in folders]
    if as_json:
        click.echo(json.dumps(found if count else found[0], ensure_ascii=False))
    else:
        _show(found)


def _builder() -> Any:
    # The builder needs the packages of the `worlds` extra; every other command works without them.
    try:
        import worlds
    except ModuleNotFoundError as error:
        raise click.ClickException(f"the package {error.name} is missing: install firefly[worlds]") from error
    return worlds


def _build_many(builder: Any, seeds: range, size: int, out: Path, trade: str) -> list[Path]:
    """Build one world per seed; a seed whose world supports too few questions is dropped with a sentence."""
    folders = []
    for seed in seeds:
        try:
            folders.append(builder.build(seed, size, out / str(seed), trade))
        except builder.TooLittle as error:
            click.echo(f"dropped: {error}", err=True)
    return folders


@world.command("list")
@click.argument("folder", type=_FOLDER, default=".")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_worlds(folder: Path, as_json: bool) -> None:
    """List the worlds in FOLDER and in its folders.

    \b
    Example: firefly world list examples
    """  # noqa: D301
    found = sorted(path.parent for pattern in ("world.json", "*/world.json") for path in folder.glob(pattern))
    summaries = [summary(path) for path in found]
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False))
    else:
        _show(summaries)


@world.command()
@click.argument("folder", type=_FOLDER)
@click.option("--check", is_flag=True, help="Also say whether it supports enough questions; if not, exit with 1.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(folder: Path, check: bool, as_json: bool) -> None:
    """Say what stands in the files of the world in FOLDER.

    \b
    Example: firefly world inspect --check examples/world
    """  # noqa: D301
    about = summary(folder)
    index = read(folder / "entities.json") if (folder / "entities.json").is_file() else {"entities": []}
    about["kinds"] = kinds_of_files(folder / about["mounted"])
    about["places"] = places(index)
    about["entities"] = _counted(entity["type"] for entity in index["entities"])
    about["planted"] = index.get("planted", [])
    missing = _checked(folder, about) if check else ""
    if as_json:
        click.echo(json.dumps(about, ensure_ascii=False))
    else:
        _print(about)
    if missing:
        raise click.ClickException(f"{folder} supports too few questions: {missing}")


def _checked(folder: Path, about: dict[str, Any]) -> str:
    builder = _builder()
    try:
        found = builder.support(builder.files_of(folder, about["mounted"]))
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"{folder} cannot be checked ({error}); build the world again") from error
    about["support"] = {name: getattr(found, name) for name in ("tables", "documents", "linked", "references", "facts")}
    return str(found.missing)


def _counted(names: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _print(about: dict[str, Any]) -> None:
    click.echo(f"{about['name']}, {about['now']}")
    if about["trade"]:
        click.echo(f"trade {about['trade']}, size {about['size']}, locale {about['locale']}, seed {about['seed']}")
    for title in ("kinds", "entities", "support"):
        if about.get(title):
            click.echo(f"{title}: " + ", ".join(f"{name} {count}" for name, count in about[title].items()))
    for one in about["planted"]:
        click.echo(
            f"planted: {one['kind']}, {one['type']} {one['id']}"
            + (f", {one['attribute']}" if "attribute" in one else "")
        )
    table = Table("file", "facts")
    for path, count in about["places"].items():
        table.add_row(path, str(count))
    Console().print(table)


def _show(worlds: list[dict[str, Any]]) -> None:
    for found in worlds:
        trade = f", {found['trade']}, {found['locale']}" if found["trade"] else ""
        origin = f"{trade}, seed {found['seed']} size {found['size']}" if found["seed"] is not None else ""
        click.echo(
            f"{found['folder']}: {found['name']}{origin}, {found['files']} files, now {found['now'] or 'not set'}"
        )
        if found["world_digest"]:
            click.echo(f"  digest {found['world_digest']}")
