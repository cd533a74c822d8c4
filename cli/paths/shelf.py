"""What lies in a world: its tables and documents, and which of them a question had to open."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.world import Document, Rows, Unread

Condition = tuple[str, str, str]
"""Column, `=`, `<`, `>=` or `in`, value (several: joined by line ends)."""
_DATABASES = "sqlite"


class NotUnderstoodError(Exception):
    """This generator cannot read the question, or what it was shown does not answer it."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A table (`part`: its name in the file) or a document of a world."""

    path: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Touch:
    """One look into a source: which rows were asked for, and the last of them in file order."""

    source: Source
    where: tuple[Condition, ...] = ()
    last: int = 0


class View(Protocol):
    """Tables and documents as somebody read them: from files, or out of results."""

    def rows(self, source: Source) -> Rows:
        """Return a table.

        Raises:
            NotUnderstoodError: it was not read.
        """

    def document(self, source: Source) -> Document:
        """Return a document.

        Raises:
            NotUnderstoodError: it was not read.
        """


class Shelf:
    """The files of a world; a `View` for planning, in which every look is possible."""

    def __init__(self, world: FileWorld) -> None:
        self.now = world.now
        self.paths = tuple(path for path in world.paths() if "/.git/" not in path)
        self.tables: dict[Source, Rows] = {}
        self.documents: dict[Source, Document] = {}
        for path in self.paths:
            self._open(world, path)

    def rows(self, source: Source) -> Rows:
        """See `View`."""
        return self.tables[source]

    def document(self, source: Source) -> Document:
        """See `View`."""
        return self.documents[source]

    def _open(self, world: FileWorld, path: str) -> None:
        try:
            for table in world.tables(path):
                # Copies in a database repeat the files; questions about them name the database.
                if table.format != _DATABASES:
                    self.tables[Source(path, table.name)] = table
        except Unread:
            pass
        try:
            if path.endswith(".py"):
                self.documents[Source(path)] = program(world.text(path), path)
                return
            document = world.document(path)
            self.documents[Source(path)] = replace(document, labelled=document.labelled)
        except Unread:
            pass


def program(text: str, path: str) -> Document:
    """Read a Python file: how many lines, functions and classes it has.

    Raises:
        NotUnderstoodError: it is none.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise NotUnderstoodError(f"{path} is no program") from error
    nodes = list(ast.walk(tree))
    many = {
        "lines": len(text.rstrip("\n").split("\n")),
        "functions": sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in nodes),
        "classes": sum(isinstance(one, ast.ClassDef) for one in nodes),
    }
    return Document(path, path, tuple((label, str(count)) for label, count in many.items()))


class ReadView:
    """What the calls of one solution brought."""

    def __init__(self) -> None:
        self._tables: dict[Source, list[Rows]] = {}
        self._documents: dict[Source, Document] = {}

    def put(self, source: Source, found: Rows | Document) -> None:
        """Add what a call said about a source."""
        if isinstance(found, Document):
            self._documents[source] = found
        else:
            self._tables.setdefault(source, []).append(found)

    def rows(self, source: Source) -> Rows:
        """See `View`: all that was read of a table, a row that came twice once."""
        parts = self._tables.get(source)
        if not parts:
            raise NotUnderstoodError(f"{source.path} was not read")
        return replace(parts[0], rows=tuple(dict.fromkeys(row for part in parts for row in part.rows)))

    def document(self, source: Source) -> Document:
        """See `View`."""
        if source not in self._documents:
            raise NotUnderstoodError(f"{source.path} was not read")
        return self._documents[source]


def in_order(touches: Iterable[Touch]) -> Sequence[Source]:
    """List the sources that were opened, each once, in the order of the first look."""
    return tuple(dict.fromkeys(touch.source for touch in touches))
