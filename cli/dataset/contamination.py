"""Public benchmarks as they are distributed, and which tasks of an export resemble one of their questions."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.dataset.similarity import jaccard, shingles
from shared.model.errors import BadInput

LEAST_ALIKE = 0.5
"""Jaccard similarity of word triples from which a question counts as the benchmark's."""
LONGEST_SHARED = 8
"""Words in a row that are too many to be chance."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a benchmark."""

    source: str
    """File name."""
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A task that resembles a question."""

    task_id: str
    item: Item
    similarity: float


def load_benchmark(path: Path) -> list[Item]:
    """Read a file of BFCL (`question`), tau-bench (`instruction`, `user_scenario`) or ToolBench (`query`).

    One JSON value, or one on each line.

    Raises:
        BadInput: it cannot be read, or holds no question in any of these forms.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read ({error}): give a benchmark's JSON file") from error
    items = [
        Item(path.name, str(row.get("id", row.get("query_id", row.get("task_id", number)))), " ".join(words.split()))
        for number, row in enumerate(_rows(text, path))
        for words in _questions(row)
        if words.strip()
    ]
    if not items:
        raise BadInput(f"{path} holds no question in the form of BFCL, tau-bench or ToolBench: give one of their files")
    return items


def hits(prompts: Mapping[str, str], items: Iterable[Item]) -> list[Hit]:
    """Find tasks whose words are a benchmark's: similar on the whole, or alike for a long stretch."""
    known = [(item, shingles(item.text), shingles(item.text, LONGEST_SHARED)) for item in items]
    found = []
    for task_id, prompt in sorted(prompts.items()):
        short, long = shingles(prompt), shingles(prompt, LONGEST_SHARED)
        for item, other, stretches in known:
            similarity = jaccard(short, other)
            if similarity >= LEAST_ALIKE or long & stretches:
                found.append(Hit(task_id, item, similarity))
    return found


def _rows(text: str, path: Path) -> list[Mapping[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        value = [_line(line, number, path) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows = value if isinstance(value, list) else value.get("tasks", [value]) if isinstance(value, dict) else []
    return [row for row in rows if isinstance(row, dict)]


def _line(line: str, number: int, path: Path) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise BadInput(f"{path} line {number} is not JSON ({error}): give a benchmark's JSON file") from error


def _questions(row: Mapping[str, Any]) -> Iterator[str]:
    for key, reader in _READERS.items():
        if key in row:
            yield from reader(row[key])
            return


def _texts(value: Any) -> Iterator[str]:
    """All user messages, however deep the turns are nested; a text is itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict) and value.get("role", "user") == "user":
        yield from _texts(value.get("content"))


def _scenario(value: Any) -> Iterator[str]:
    """The texts of tau-bench's newer form, which splits what the user knows and wants."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _scenario(one)
    elif isinstance(value, str):
        yield value


_READERS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "question": _texts,
    "instruction": _texts,
    "user_scenario": _scenario,
    "query": _texts,
}
