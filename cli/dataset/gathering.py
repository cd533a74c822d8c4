"""Collects what an export needs from a run's topics and data folder."""

from pathlib import Path

from cli.data_folder import DataFolder
from cli.dataset.selection import Gathered
from cli.dataset.writing import Run
from cli.running.parameters import stored
from cli.running.progress import Progress
from shared.model.calls import Recording
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.tasks import TaskStatus, VerifiedTask
from shared.runtime.streaming.reader import read_all

_COUNTED = ("sub-dags", "explorations", "verdicts")


async def gather(bootstrap: str, folder: DataFolder) -> Gathered:
    """Read tasks, recordings, catalogue and status from the topics; worlds are taken from the data folder.

    Raises:
        Unavailable: Kafka does not answer.
    """
    tasks: list[VerifiedTask] = [event.record async for event in read_all(bootstrap, "verified-tasks")]
    recordings: list[Recording] = [event.record async for event in read_all(bootstrap, "recordings")]
    statuses: list[TaskStatus] = [event.record async for event in read_all(bootstrap, "task-status")]
    entries = [event.record async for event in read_all(bootstrap, "tool-catalogue")]
    return Gathered(
        tasks,
        recordings,
        [entry for entry in entries if isinstance(entry, ServerRecord)],
        [entry for entry in entries if isinstance(entry, ToolRecord)],
        statuses,
        worlds_of(folder.worlds),
    )


async def count(bootstrap: str) -> list[tuple[str, int]]:
    """Count what became of every draw.

    Raises:
        Unavailable: Kafka does not answer.
    """
    progress = Progress()
    for topic in _COUNTED:
        async for event in read_all(bootstrap, topic):
            progress.apply(event.topic, event.key, event.record)
    return funnel(progress)


def funnel(progress: Progress) -> list[tuple[str, int]]:
    """List the steps from draws to tasks, with every reason that stopped one."""
    outcomes = [outcome.value for outcome in progress.explored.values()]
    return [
        ("draws", len(progress.drawn)),
        *((f"explorations {kind}", outcomes.count(kind)) for kind in sorted(set(outcomes))),
        *((f"exploration failed: {reason}", many) for reason, many in sorted(progress.exploration_failures.items())),
        *((f"drafts {kind}", many) for kind, many in sorted(progress.kinds.items())),
        *((f"{kind}: {reason}", many) for (kind, reason), many in sorted(progress.reasons.items()) if reason),
    ]


def run_of(folder: DataFolder) -> Run:
    """Say what the run was asked for; raises BadInput when its parameters are spoilt."""
    parameters = stored(folder.parameters)
    if parameters is None:
        return Run()
    return Run(parameters.seed, parameters.epoch_size, parameters.draws, parameters.until)


def worlds_of(folder: Path) -> dict[str, Path]:
    """Find the worlds of a data folder by digest."""
    if not folder.is_dir():
        return {}
    return {path.name: path for path in sorted(folder.iterdir()) if (path / "files").is_dir()}
