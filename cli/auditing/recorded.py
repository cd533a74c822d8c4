"""An export's tasks and recordings, with the values that each recording holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.dataset.digests import RECORDINGS
from cli.dataset.reading import TaskRow, lines, read_tasks
from shared.proof.canonical import canonical, parse, parse_canonical, restore
from shared.proof.values import extract

_SHORTEST_ENTITY = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything that was seen."""

    tasks: Sequence[TaskRow]
    results: Mapping[str, str]
    """By recording id."""
    by_place: Mapping[tuple[str, str], Sequence[tuple[str, str]]]
    """(World, server) -> (tool, recording id) of calls in a fresh session."""
    _values: dict[str, list[tuple[str, str, Any]]] = field(default_factory=dict)

    def values(self, name: str) -> list[tuple[str, str, Any]]:
        """List (name of the record, key, value) of a recording; read once."""
        if name not in self._values:
            found = extract(self.results.get(name, ""))
            self._values[name] = [
                (value.row if len(value.row) >= _SHORTEST_ENTITY else "", value.key, parse_canonical(value.json))
                for value in found
            ]
        return self._values[name]

    def callable(self, task: TaskRow) -> list[str]:
        """Name the recordings of a task's offered tools in its world."""
        world = task.row["world_digest"]
        servers = sorted({server for server, _ in task.tool_names})
        calls = [call for server in servers for call in self.by_place.get((world, server), ())]
        tools = {tool for _, tool in task.tool_names}
        return [name for tool, name in calls if tool in tools]


def read_recorded(folder: Path) -> Recorded:
    """Read an export.

    Raises:
        BadInput: the folder holds no export.
    """
    results: dict[str, str] = {}
    by_place: dict[tuple[str, str], list[tuple[str, str]]] = {}
    tasks = read_tasks(folder)
    for line in lines(folder / RECORDINGS):
        row = parse(line.data.decode("utf-8"))
        if row["result"] is None:
            continue
        results[row["recording_id"]] = canonical(restore(row["result"]))
        if not row["state"]["session"]:
            place = (row["state"]["world"], row["server"])
            by_place.setdefault(place, []).append((row["tool"], row["recording_id"]))
    return Recorded(tasks, results, by_place)
