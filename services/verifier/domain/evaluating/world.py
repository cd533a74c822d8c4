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
    """One commit."""

    commit: str
    author: str
    email: str
    date: str
    """RFC 3339 with the author's offset."""
    committed: int
    """Seconds since 1970, when it was committed."""
    message: str
    """First line."""
    changed: tuple[str, ...]
    """Files that differ from its first parent, or all of them where it has none."""


class History(Protocol):
    """One repository; every method raises Unread where something is packed, damaged or not there."""

    def commits(self, branch: str = "") -> Sequence[Commit]:
        """Commits that a branch leads to (empty: the one checked out), the newest first."""

    def files(self, branch: str = "") -> Sequence[tuple[str, str]]:
        """Path and text of the text files of a branch."""


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

    def history(self, path: str) -> History:
        """The repository in a folder; raises as `tables`."""
