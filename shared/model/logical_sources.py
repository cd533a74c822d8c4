"""Forms that denote what a document, a history or a source file says, apart from tables."""

from dataclasses import dataclass
from typing import Any

from shared.model.values import ValueKind

CHANGED_FILE = "changed file"
"""Name of the only file that a commit changes."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a document says under a label."""

    path: str
    title: str
    """What the question may call the document: its title without the names that it must not give away."""
    key: str
    kind: ValueKind
    unit: str = ""
    dated: str = ""
    """The document's date, where the title alone is not unique."""


@dataclass(frozen=True, slots=True)
class DocumentProperty:
    """Who wrote a document and the like."""

    path: str
    title: str
    name: str
    kind: ValueKind
    dated: str = ""


@dataclass(frozen=True, slots=True)
class LatestCommit:
    """An attribute of the newest commit of a repository's checked-out branch."""

    path: str
    name: str
    kind: ValueKind


@dataclass(frozen=True, slots=True)
class Commit:
    """An attribute of one commit: the newest of a branch, or of those before a day."""

    path: str
    name: str
    kind: ValueKind
    branch: str = ""
    """Empty: the branch that is checked out."""
    before: Any = None
    """A form that denotes a day: only commits before that day (UTC) count."""


@dataclass(frozen=True, slots=True)
class CodeMeasure:
    """A measure of one source file."""

    path: str
    name: str
    kind: ValueKind = ValueKind.NUMBER


@dataclass(frozen=True, slots=True)
class FileMeasure:
    """A measure of the source file that another form denotes."""

    path: str
    """Folder that the file's path is relative to."""
    file: Any
    name: str
    kind: ValueKind = ValueKind.NUMBER


@dataclass(frozen=True, slots=True)
class FileNames:
    """The names of everything of one sort that a source file defines, in no order."""

    path: str
    """As for `FileMeasure`."""
    file: Any
    name: str
    """`functions`, `classes`."""
    kind: ValueKind = ValueKind.SYMBOL


@dataclass(frozen=True, slots=True)
class BranchValue:
    """The number that a branch gives a constant which the checked-out branch sets to another number."""

    path: str
    branch: str
    name: str
    """The constant as the code writes it."""
    label: str
    """What people call it."""
    kind: ValueKind = ValueKind.NUMBER
    unit: str = ""
