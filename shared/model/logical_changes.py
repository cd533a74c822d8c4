"""Forms that denote what a task asks to be changed, beside what it asks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a note: a label, a colon, a space, and a value as it stands in the files."""

    label: str
    value: Any
    """A form that denotes a text or a whole number."""


@dataclass(frozen=True, slots=True)
class Note:
    """A new text file with these lines and nothing else."""

    path: str
    """Where the user wants it, relative to the mount."""
    lines: tuple[Line, ...]


Change = Note
"""Everything that a task can ask to be changed."""
