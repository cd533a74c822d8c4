"""An export of the office on disk."""

from pathlib import Path

from cli.dataset.selection import Gathered
from cli.dataset.writing import Manifest, Run, write_dataset
from tests.fakes import dataset, office


def write_export(folder: Path, tasks: int = 2) -> Manifest:
    """Write an export with some tasks over the same calls."""
    made = [dataset.order_task(" Please." * number, 1 + number) for number in range(tasks)]
    recordings = [recording for _, recordings in made for recording in recordings]
    gathered = Gathered(
        [task for task, _ in made],
        [*recordings, *dataset.more_recordings()],
        office.servers(),
        office.tools(),
        worlds=dataset.world_folders(folder.parent / f"{folder.name}-worlds"),
    )
    return write_dataset(gathered, folder, Run(seed=7, epoch_size=64, draws=10), [("draws", 10)])
