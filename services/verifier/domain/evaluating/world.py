"""What the evaluator sees of a world, as values; how files become these values is an adapter's business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NO_REFERENT = "no_such_referent"
"""A selector picks nothing, or what it picks says nothing."""
AMBIGUOUS = "ambiguous_selector"
"""A selector picks several; a tie for an extreme included."""


class Unread(Exception):
    """Something that the evaluator cannot read or does not know: nothing follows from it, in either direction."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One table: cells as text, empty where there is nothing; every row as wide as the header."""

    path: str
    name: str
    format: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its title, its own properties, and everything it says under a label, in reading order."""

    path: str
    title: str
    labelled: tuple[tuple[str, str], ...]
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """The newest commit of a checked-out branch."""

    commit: str
    author: str
    email: str
    date: str
    """RFC 3339 with the author's offset."""
    message: str
    """First line."""


class World(Protocol):
    """The files of one world, read when asked for."""

    @property
    def now(self) -> str:
        """Frozen instant, RFC 3339."""

    def paths(self) -> Sequence[str]:
        """Regular files, relative to the mount, sorted."""

    def size(self, path: str) -> int:
        """Bytes of a file."""

    def text(self, path: str) -> str:
        """Text of a file; raises Unread when it is none."""

    def tables(self, path: str) -> Sequence[Rows]:
        """Tables of a file; raises Unread when its format is not known or it is damaged."""

    def document(self, path: str) -> Document:
        """A document; raises as `tables`."""

    def latest_commit(self, path: str) -> Commit:
        """Newest commit of the repository in a folder; raises as `tables`."""
