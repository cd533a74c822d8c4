"""Forms of SQL: white space, comments, case of keywords, needless quotes, the last semicolon, and nothing else.

The syntax tree says what a piece of the text is; the form is then written from the pieces as they stand. A tree's own
generator would write `substr` as `substring` and `x::int` as a cast, which engines head result columns with. What
is not surely safe (a parameter, a nested comment, an operator off the list) leaves the whole text as it is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

DIALECTS = ("duckdb", "sqlite")
MAX_CHARS = 8192
"""Longer statements keep their text: they come from callers, and a parser takes its time."""
_GAP = re.compile(r"(?:[ \t\r\n\f\v]+|--[^\n]*(?:\n|\Z)|/\*(?:(?!\*/|/\*).)*\*/)*", re.DOTALL)
_COMMENT = re.compile(r"--|/\*")
_PIECE = re.compile(
    r"""(?P<string>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")+")
    | (?P<number>\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?|\.\d[\d_]*(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<operator>->>|->|::|\|\||<>|!=|<=|>=|==|[+\-*/%=<>])
    | (?P<mark>[(),.;\[\]])""",
    re.VERBOSE,
)
_TOUCHING = ("string", "quoted", "number", "word")
"""Two of these without a gap are one thing to some engines (`E'a'`, `1x`)."""
_KEYWORDS = frozenset(
    """SELECT FROM WHERE GROUP ORDER BY HAVING LIMIT OFFSET UNION INTERSECT EXCEPT ALL DISTINCT AS ON USING AND OR NOT
    IN IS NULL CASE WHEN THEN ELSE END ASC DESC WITH JOIN INNER LEFT RIGHT FULL OUTER CROSS BETWEEN LIKE ILIKE OVER
    PARTITION DESCRIBE SUMMARIZE EXISTS""".split()  # noqa: SIM905 - read as SQL, not as Python
)
_CALLABLE = frozenset(("LEFT", "RIGHT", "LIKE", "ILIKE", "FULL", "INNER", "CROSS", "OUTER"))
"""Before a bracket they may be a function's name, which is no keyword."""
_TELLS_TEXT = re.compile(r"current_query|_log|profiling", re.IGNORECASE)
"""Functions and views that may repeat the statement as it was written."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a syntax tree says of a text."""

    bounds: frozenset[int]
    """Where its tokens start and end."""
    names: frozenset[int]
    """Where identifiers start."""
    plain: frozenset[int]
    """Where quoted identifiers start whose quotes say nothing in this dialect."""
    shape: str
    """The tree without comments and quotes: what must not differ."""


SqlReader = Callable[[str, str], Parsed | None]
"""Reads (text, dialect): one query whose result columns are named by the tree, not by its text; else None."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A token as it was written."""

    text: str
    kind: str
    gap: str
    """What stands before it: white space and comments."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One query in pieces."""

    pieces: tuple[Piece, ...]
    tail: str
    """What stands after the last piece."""
    shape: str

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(piece.gap + piece.text for piece in self.pieces) + self.tail


def spelt(text: str, *, rules: Sequence[str], dialect: str, read: SqlReader) -> str:
    """Write the form of a query under some rules; what cannot be read keeps its own text."""
    statement = statement_of(text, dialect, read)
    if statement is None:
        return text
    form = _applied(statement, rules)
    again = statement_of(form.text, dialect, read)
    # The form is read once more: it has to be the same query, and its own form, or two queries might meet in it.
    if again is None or again.shape != statement.shape or _applied(again, rules).text != form.text:
        return text
    return form.text


def statement_of(text: str, dialect: str, read: SqlReader) -> Statement | None:
    """Take a query apart; None where it is none, or not surely read as its engine does."""
    if len(text) > MAX_CHARS or _TELLS_TEXT.search(text):
        return None
    pieces = list(_pieces(text))
    tail = text[sum(len(piece.gap) + len(piece.text) for piece in pieces) :]
    if not pieces or _GAP.fullmatch(tail) is None or not all(map(_may_follow, pieces, pieces[1:])):
        return None
    # Blanks of the same length for comments: sqlglot does not know `ORDER /* why */ BY`, engines do.
    parsed = read("".join(" " * len(piece.gap) + piece.text for piece in pieces) + " " * len(tail), dialect)
    if parsed is None or not parsed.bounds <= _bounds(pieces):
        return None
    return Statement(tuple(_told(pieces, parsed)), tail, parsed.shape)


def _pieces(text: str) -> Iterator[Piece]:
    place = 0
    while True:
        gap = _GAP.match(text, place)
        found = _PIECE.match(text, gap.end() if gap else place)
        if gap is None or found is None:
            return
        yield Piece(found.group(), str(found.lastgroup), gap.group())
        place = found.end()


def _may_follow(piece: Piece, following: Piece) -> bool:
    kinds = (piece.kind, following.kind)
    if not following.gap and (all(kind in _TOUCHING for kind in kinds) or kinds == ("operator", "operator")):
        return False
    # Over a line break two strings are one to DuckDB; `1 .x` is a number or a column of something.
    return kinds != ("string", "string") and not ("number" in kinds and "." in (piece.text, following.text))


def _bounds(pieces: Iterable[Piece]) -> frozenset[int]:
    place, found = 0, set()
    for piece in pieces:
        place += len(piece.gap)
        found.add(place)
        place += len(piece.text)
        found.add(place)
    return frozenset(found)


def _told(pieces: Sequence[Piece], parsed: Parsed) -> Iterator[Piece]:
    """Say of words whether they are keywords, and of quoted names whether the quotes are needed."""
    place = 0
    for number, piece in enumerate(pieces):
        place += len(piece.gap)
        before = pieces[number - 1].text.upper() if number else ""
        after = pieces[number + 1].text if number + 1 < len(pieces) else ""
        if piece.kind == "word" and place not in parsed.names and _is_keyword(piece.text, before, after):
            yield replace(piece, kind="keyword")
        elif piece.kind == "quoted" and place in parsed.plain and after != "(":
            yield replace(piece, kind="plain")
        else:
            yield piece
        place += len(piece.text)


def _is_keyword(word: str, before: str, after: str) -> bool:
    name = word.upper()
    if name == "BY" and before not in ("GROUP", "ORDER", "PARTITION"):
        return False
    # After AS any word is a name, and keeps its case as the head of a column.
    return name in _KEYWORDS and before not in ("AS", ".") and not (name in _CALLABLE and after == "(")


def _applied(statement: Statement, rules: Sequence[str]) -> Statement:
    for name, rule in RULES.items():
        if name in rules:
            statement = rule(statement)
    return statement


def _without_comments(statement: Statement) -> Statement:
    first, *rest = (replace(piece, gap=_spaced(piece.gap)) for piece in statement.pieces)
    pieces = (replace(first, gap=first.gap.strip() if _has_comment(statement.pieces[0].gap) else first.gap), *rest)
    return replace(statement, pieces=pieces, tail="" if _has_comment(statement.tail) else statement.tail)


def _has_comment(gap: str) -> bool:
    return _COMMENT.search(gap) is not None


def _spaced(gap: str) -> str:
    return " " if _has_comment(gap) else gap


def _without_semicolon(statement: Statement) -> Statement:
    pieces, tail = list(statement.pieces), statement.tail
    while len(pieces) > 1 and pieces[-1].text == ";":
        tail = pieces.pop().gap + tail
    return replace(statement, pieces=tuple(pieces), tail=tail)


def _without_quotes(statement: Statement) -> Statement:
    plain = (
        replace(piece, text=piece.text[1:-1], kind="word") if piece.kind == "plain" else piece
        for piece in statement.pieces
    )
    return replace(statement, pieces=tuple(plain))


def _in_capitals(statement: Statement) -> Statement:
    told = (replace(piece, text=piece.text.upper()) if piece.kind == "keyword" else piece for piece in statement.pieces)
    return replace(statement, pieces=tuple(told))


def _in_one_space(statement: Statement) -> Statement:
    # Comments are another rule's: where that one does not hold, a gap with a comment stays as it is.
    spaced = tuple(
        piece if _has_comment(piece.gap) else replace(piece, gap=" " if number else "")
        for number, piece in enumerate(statement.pieces)
    )
    return replace(statement, pieces=spaced, tail=statement.tail if _has_comment(statement.tail) else "")


RULES: Mapping[str, Callable[[Statement], Statement]] = {
    "comments": _without_comments,
    "semicolon": _without_semicolon,
    "quotes": _without_quotes,
    "case": _in_capitals,
    "space": _in_one_space,
}
"""In the order in which they are applied."""
