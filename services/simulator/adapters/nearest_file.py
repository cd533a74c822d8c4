"""The file of measured thresholds that `firefly sim fidelity --write` makes and `firefly sim serve --nearest` takes."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from services.simulator.domain.retrieval import Nearest, Thresholds
from services.simulator.domain.snapshots import DATABASE
from shared.model.calls import Recording
from shared.model.errors import BadInput
from shared.runtime import wire

FORMAT = 1


def write_thresholds(path: Path, thresholds: Thresholds, how: dict[str, Any]) -> None:
    """Write thresholds and how they were measured.

    Raises:
        BadInput: the file cannot be written.
    """
    tools = [
        {"server_digest": server_digest, "tool": tool, "distance": distance}
        for (server_digest, tool), distance in sorted(thresholds.tools.items())
    ]
    value = {"format": FORMAT, "snapshot_id": thresholds.snapshot_id, "measured": how, "tools": tools}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}): name another file") from error


def read_thresholds(path: Path, snapshot_id: str) -> Thresholds:
    """Read the thresholds of one snapshot.

    Raises:
        BadInput: the file is missing, is no such file, or was measured on another snapshot.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        tools = {(str(one["server_digest"]), str(one["tool"])): float(one["distance"]) for one in value["tools"]}
        found, form = str(value["snapshot_id"]), value["format"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(
            f"{path} holds no thresholds ({error!r}): make it with `firefly sim fidelity --write`"
        ) from error
    if form != FORMAT:
        raise BadInput(f"{path} has format {form}, this version reads {FORMAT}: measure again")
    if found != snapshot_id:
        raise BadInput(f"{path} was measured on {found}, this is {snapshot_id}: measure this snapshot")
    return Thresholds(found, tools)


def open_nearest(path: Path, folder: Path, snapshot_id: str) -> Nearest:
    """Index the recordings of the tools that have a threshold; reads the snapshot's recordings once.

    Raises:
        BadInput: as `read_thresholds`.
    """
    thresholds = read_thresholds(path, snapshot_id)
    return Nearest(_recordings(folder) if thresholds.tools else (), thresholds.tools)


def _recordings(folder: Path) -> Iterator[Recording]:
    # Not checked row by row here: what is served is read again through the library, which checks it.
    place = f"{(folder / DATABASE).resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(place, uri=True)) as database:
        for (record,) in database.execute("SELECT record FROM recordings"):
            yield wire.decode("recordings", record)
