"""Do other sources say the same? Heard is every table and document that speaks of the same attribute of an entity."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.verifier.domain.evaluating import documents
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import day_of, number_of
from services.verifier.domain.evaluating.selecting import Row
from services.verifier.domain.evaluating.world import Document, Rows, Unread, World
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.equality import fold
from shared.proof.numbers import read_number
from shared.proof.units import find_unit, unit_of_key
from shared.proof.words import words

_SHORTEST_NAME = 3
_KINDS = ("list", "workbook", "file", "sheet", "table", "log", "database")
"""What makes a word of one file's name a name for the file: `the products list`."""
_MOST_ROWS = 2_000
"""Rows of one total that are held against other sources; totals of more are not."""


@dataclass(frozen=True, slots=True)
class Said:
    """One cell that a question uses, and where another source says something else."""

    column: str
    text: str
    other: str
    where: str


def _used(evaluator: Evaluator, question: lf.Question) -> Iterator[tuple[Row, str]]:
    """Walk the cells that a question asks for, follows or adds up."""
    for form in lf.walk(question):
        if isinstance(form, lf.Attribute):
            yield evaluator.row(form.entity), form.column
        elif isinstance(form, lf.SheetValue):
            yield evaluator.row(form), form.column
        elif isinstance(form, lf.Aggregate) and form.column:
            table, found = evaluator.rows(form)
            # A contradiction in any row makes the total ambiguous, so they are all looked at, up to a bound.
            for index in found[:_MOST_ROWS]:
                yield Row(table, index), form.column


def _is_named(spoken: str, prompt: str, table: Rows) -> bool:
    """Whether the text names a table's source: its path, its file, its sheet, or the file by the words of its name."""
    file = table.path.rpartition("/")[2]
    quoted = (f"{mark}{table.name}{end}" for mark, end in (("“", "”"), ('"', '"'), ("'", "'")))
    if any(said in prompt for said in (table.path, file, *quoted)):
        return True
    stem, name = (words(one) for one in (file.rpartition(".")[0], table.name))
    phrases = [f"in the {' '.join(stem)}", *(f"{' '.join(stem)} {kind}" for kind in _KINDS)]
    # One word may mean anything: `orders` are also what the table lists.
    phrases += [" ".join(one) for one in (stem, name) if len(one) > 1]
    return any(f" {phrase} " in spoken for phrase in phrases)


class Sources:
    """All tables and documents of a world, by what they are about; read once."""

    def __init__(self, world: World) -> None:
        self._tables: list[tuple[Rows, int]] = []
        self._names: dict[tuple[str, str], tuple[frozenset[str], ...]] = {}
        self._rows: dict[tuple[str, str], dict[str, int]] = {}
        self._all = tuple(_tables(world))
        for table in self._all:
            self._names[_place(table)] = _entities(table)
            column = _naming(table)
            if column is not None:
                self._tables.append((table, column))
                self._rows[_place(table)] = {fold(row[column]): index for index, row in enumerate(table.rows)}
        self._documents = [(document, _about(document)) for document in documents.documents(world)]

    def contradiction(self, evaluator: Evaluator, question: lf.Question, prompt: str) -> str:
        """Find a source that contradicts one that the question uses without naming it; empty when there is none.

        Raises:
            Rejected, Unread: as `Evaluator` does; not where every value of the question was evaluated before.
        """
        spoken = f" {' '.join(words(prompt))} "
        for row, column in _used(evaluator, question):
            said = None if _is_named(spoken, prompt, row.table) else next(self._against(row, column), None)
            if said:
                return (
                    f"{row.table.path} says that {said.column} is {said.text!r}, {said.where} says {said.other!r}, "
                    "and the question does not say which it means"
                )
        return ""

    def telling(self, form: lf.SheetValue, name: str) -> str:
        """Find a file, apart from the sheets that a form means, that says the form's column of a name; empty: none."""
        own = {(table.path, table.name) for table in form.tables}
        # By all names of what has that name: a list may call a product by its number, a letter by its name.
        known = [names for found in self._names.values() for names in found if fold(name) in names]
        called = frozenset({fold(name)}.union(*known))
        for table in self._all:
            told = (at for at, header in enumerate(table.columns) if _is_same_attribute(header, form.column))
            if _place(table) not in own and any(
                row[at] and called & set(map(fold, row)) for at in told for row in table.rows
            ):
                return f"{table.path} ({table.name})"
        return next((place for text, place, _ in self._in_documents(form.column, called) if text), "")

    def _against(self, row: Row, column: str) -> Iterator[Said]:
        """Walk what other sources say differently."""
        text = row.cell(column)
        known = self._names.get(_place(row.table), ())
        names = known[row.index] if row.index < len(known) else frozenset()
        if not text or not names:
            return
        for other, where, label in (*self._in_tables(row.table, column, names), *self._in_documents(column, names)):
            if other and not _agree(text, column, other, label):
                yield Said(column, text, other, where)

    def _in_tables(self, own: Rows, column: str, names: frozenset[str]) -> Iterator[tuple[str, str, str]]:
        for table, key in self._tables:
            rows = self._rows[_place(table)]
            index = next((rows[name] for name in names if name in rows), None)
            # The same row again is no other source.
            if index is None or _place(table) == _place(own):
                continue
            for at, header in enumerate(table.columns):
                if at != key and _is_same_attribute(header, column):
                    yield table.rows[index][at], f"{table.path} ({table.name})", header

    def _in_documents(self, column: str, names: frozenset[str]) -> Iterator[tuple[str, str, str]]:
        for document, about in self._documents:
            if names & about:
                for label, text in document.labelled:
                    if _is_same_attribute(label, column):
                        yield text, document.path, label


def _place(table: Rows) -> tuple[str, str]:
    return table.path, table.name


def _tables(world: World) -> Iterator[Rows]:
    for path in world.paths():
        try:
            yield from world.tables(path)
        # A file that cannot be read contradicts nobody.
        except (Unread, Rejected):
            continue


def _naming(table: Rows) -> int | None:
    """The first column that names each row: no value is empty, a number or there twice."""
    for column in range(len(table.columns)):
        cells = [row[column] for row in table.rows]
        if cells and all(map(_is_name, cells)) and len(set(map(fold, cells))) == len(cells):
            return column
    return None


def _entities(table: Rows) -> tuple[frozenset[str], ...]:
    """What each row is called: its cells that no other row has in that column."""
    found: list[set[str]] = [set() for _ in table.rows]
    for column in range(len(table.columns)):
        cells = [fold(row[column]) for row in table.rows]
        counts = Counter(cells)
        for index, row in enumerate(table.rows):
            if counts[cells[index]] == 1 and _is_name(row[column]):
                found[index].add(cells[index])
    return tuple(map(frozenset, found))


def _about(document: Document) -> frozenset[str]:
    """What a document is about: the one thing that its title ends in."""
    title = fold(document.title).split()
    return frozenset(" ".join(title[start:]) for start in range(len(title)))


def _is_name(text: str) -> bool:
    return len(text) >= _SHORTEST_NAME and read_number(text) is None and day_of(text) is None


def _is_same_attribute(one: str, other: str) -> bool:
    return _bare(one) == _bare(other) != ()


def _bare(label: str) -> tuple[str, ...]:
    """A header without its unit: `weight_lb` and `Weight (kg)` are both the weight."""
    parts = words(label)
    while len(parts) > 1 and unit_of_key(label) and (find_unit(parts[-1]) or find_unit(" ".join(parts[-2:]))):
        parts = parts[:-1]
        label = " ".join(parts)
    return parts


def _agree(text: str, column: str, other: str, label: str) -> bool:
    if fold(text) == fold(other):
        return True
    wanted = unit_of_key(column)
    for read in _READERS:
        one, two = read(text, wanted, wanted), read(other, unit_of_key(label), wanted)
        if one is not None and two is not None:
            return one == two
    return False


def _number_in(text: str, unit: str, wanted: str) -> object:
    try:
        return number_of(text, unit, wanted)
    except Rejected:
        return None


def _day_in(text: str, _: str, __: str) -> object:
    return day_of(text)


_READERS: tuple[Callable[[str, str, str], object], ...] = (_number_in, _day_in)
