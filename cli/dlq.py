"""`firefly dlq`: look at dead letters, put them back."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.data_folder import DataFolder, kafka_of
from cli.dlq_replay import PUT_BACK, Choice, Done
from cli.dlq_replay import replay as put_back
from cli.running.view import printable
from shared.model.errors import BadInput
from shared.runtime.streaming.headers import DEAD
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.reader import committed_messages
from shared.runtime.topics import BY_NAME, TOPICS

DATA = Path(".firefly/data")
_DATA = click.option(
    "--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def dlq() -> None:
    """Look at dead letters, records that could not be processed, kept as they were with the reason; put them back."""


@dlq.command("list")
@_DATA
@_JSON
def list_letters(data: Path, as_json: bool) -> None:
    """Count the dead letters of a run by topic, stage and reason.

    \b
    Example: firefly dlq list --data .firefly/data
    """  # noqa: D301
    letters = read(data)
    counts = Counter((one["topic"], one["stage"], one["reason"]) for one in letters)
    if as_json:
        names = ("topic", "stage", "reason")
        click.echo(
            json.dumps([{**dict(zip(names, key, strict=True)), "count": many} for key, many in counts.most_common()])
        )
        return
    if not letters:
        click.echo("no dead letters")
        return
    table = Table("topic", "stage", "reason", "count", "one of them")
    examples = {(one["topic"], one["stage"], one["reason"]): f"{one['partition']}/{one['offset']}" for one in letters}
    for key, many in counts.most_common():
        table.add_row(*key, str(many), examples[key])
    Console().print(table)


@dlq.command()
@click.argument("topic")
@click.argument("place")
@_DATA
@_JSON
def show(topic: str, place: str, data: Path, as_json: bool) -> None:
    """Show the dead letter that was read from TOPIC at PLACE (partition/offset, as `firefly dlq list` prints it).

    \b
    Example: firefly dlq show sub-dags 0/17 --data .firefly/data
    """  # noqa: D301
    found = next(
        (one for one in read(data) if one["topic"] == topic and f"{one['partition']}/{one['offset']}" == place), None
    )
    if found is None:
        raise BadInput(f"there is no dead letter from {topic} at {place}; `firefly dlq list` names those there are")
    if as_json:
        click.echo(json.dumps(found, sort_keys=True))
        return
    for name, value in found.items():
        click.echo(f"{name:>12}  {printable(str(value), 4000)}")


@dlq.command()
@click.argument("topic")
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@click.option("--reason", default="", help="All of this reason, as `firefly dlq list` prints it.")
@click.option("--all", "everything", is_flag=True, help="All dead letters of the topic.")
@_DATA
@_JSON
def replay(topic: str, places: tuple[str, ...], data: Path, as_json: bool, **chosen: Any) -> None:
    """Put dead letters back on TOPIC once what they failed on is repaired: same key, value and ids.

    PLACE is partition/offset, as `firefly dlq list` prints it, or a record's key. Every dead letter is put back once:
    a second replay leaves it alone. One that fails again becomes a new dead letter.

    \b
    Examples:
      firefly dlq replay sub-dags 0/17 --data .firefly/data
      firefly dlq replay draft-tasks --reason bug
    """  # noqa: D301
    choice = Choice(frozenset(places), **chosen)
    _require_sense(topic, choice)
    with kafka_of(data) as bootstrap:
        done = asyncio.run(put_back(bootstrap, topic, BY_NAME[topic].dlq, choice))
    if not done:
        raise BadInput(f"no dead letter from {topic} is meant; `firefly dlq list` names those there are")
    if as_json:
        click.echo(json.dumps([one.as_json() for one in done]))
        return
    for one in done:
        click.echo(printable(one.line(), 1000))
    click.echo(_summary(done, DataFolder(data).running() is not None))


def _require_sense(topic: str, choice: Choice) -> None:
    known = [one.name for one in TOPICS if one.dead_letters]
    if topic not in known:
        raise BadInput(f"{topic} has no dead letters; topics that have are {', '.join(known)}")
    if choice == Choice():
        raise BadInput("nothing is chosen: name places, give --reason, or --all")


def _summary(done: list[Done], is_running: bool) -> str:
    written = sum(one.result == PUT_BACK for one in done)
    when = "" if is_running or not written else "; nothing runs here: `firefly up` reads what was put back"
    return f"{written} put back, {len(done) - written} left alone{when}"


def read(data: Path) -> list[dict[str, Any]]:
    """Read every dead letter of a run; raises as `kafka_of`."""
    with kafka_of(data) as bootstrap:
        return asyncio.run(_read(bootstrap))


async def _read(bootstrap: str) -> list[dict[str, Any]]:
    names = [topic.dlq for topic in TOPICS if topic.dead_letters]
    return [describe(letter) for name in names async for letter in committed_messages(bootstrap, name)]


def describe(letter: Message) -> dict[str, Any]:
    """What its headers say, and what it holds."""
    said = {
        name.removeprefix(DEAD): value.decode("utf-8", "replace")
        for name, value in letter.headers
        if name.startswith(DEAD)
    }
    empty = dict.fromkeys(("topic", "partition", "offset", "stage", "reason", "error"), "")
    return {**empty, **said, "key": letter.key.decode("utf-8", "replace"), "bytes": len(letter.value or b"")}
