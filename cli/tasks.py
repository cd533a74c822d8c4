"""`firefly tasks`: list or follow verified tasks, and hear when one goes bad."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click

from cli.data_folder import kafka_of
from shared.model.tasks import TaskStatus, VerifiedTask
from shared.runtime.streaming.events import Event
from shared.runtime.streaming.reader import follow as follow_topics
from shared.runtime.streaming.reader import read_all

DATA = Path(".firefly/data")
TOPICS = ("verified-tasks", "task-status")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def tasks(data: Path, follow: bool, as_json: bool) -> None:
    """List the verified tasks of a run, and what became of them.

    \b
    Examples:
      firefly tasks --data .firefly/data
      firefly tasks --follow --json
    """  # noqa: D301
    with kafka_of(data) as bootstrap:
        asyncio.run(_print(follow_topics(bootstrap, TOPICS) if follow else _all(bootstrap), as_json))


async def _all(bootstrap: str) -> AsyncIterator[Event]:
    for topic in TOPICS:
        async for event in read_all(bootstrap, topic):
            yield event


async def _print(events: AsyncIterator[Event], as_json: bool) -> None:
    async for event in events:
        shown = describe(event.record)
        click.echo(json.dumps(shown, ensure_ascii=False) if as_json else sentence(shown))


def describe(record: VerifiedTask | TaskStatus) -> dict[str, Any]:
    """Say what a record of one of the topics means to a reader."""
    if isinstance(record, TaskStatus):
        return {"task_id": record.task_id, "state": record.state.value, "reason": record.reason}
    task = record.task
    return {
        "task_id": task.task_id,
        "state": "verified",
        "prompt": task.prompt,
        "difficulty": task.difficulty,
        "servers": sorted({call.server_id for call in task.reference}),
        "calls": len(task.reference),
        "min_known_calls": task.min_known_calls,
        "tags": list(task.tags),
        "said_when_asked": [fact.said for fact in task.held_back],
    }


def sentence(shown: dict[str, Any]) -> str:
    """Write one line for a person."""
    if shown["state"] != "verified":
        return f"{shown['task_id']}  {shown['state']}  {shown['reason']}"
    about = f"{shown['difficulty']}, {shown['calls']} calls, {', '.join(shown['servers'])}"
    later = "".join(f" [asked back: {said}]" for said in shown["said_when_asked"])
    return f"{shown['task_id']}  {about}: {shown['prompt']}{later}"
