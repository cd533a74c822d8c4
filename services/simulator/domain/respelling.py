"""Other spellings of a recorded text, each made by one rule: what is executed both ways to prove that rule."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from services.simulator.domain import sql_spelling
from services.simulator.domain.spelling import rewriting
from services.simulator.domain.sql_spelling import Piece, SqlReader, Statement
from services.simulator.domain.text_spelling import ROOT, is_path


def respellings(text: str, rule: str, read: SqlReader, turn: int = 0) -> Iterator[str]:
    """Spell a text in other ways that the rule takes for the same, each once; `turn` says with which way to begin."""
    dialect, _, name = rule.partition("_")
    if dialect in sql_spelling.DIALECTS:
        statement = sql_spelling.statement_of(text, dialect, read)
        made = [other.text for other in _SQL[name](statement)] if statement else []
    else:
        made = list(_TEXT[rule](text))
    form = rewriting([rule], read)
    start = turn % len(made) if made else 0
    for other in dict.fromkeys(made[start:] + made[:start]):
        # What the rule itself tells apart proves nothing about it.
        if other != text and form(other) == form(text):
            yield other


def _doubled(text: str) -> Iterator[str]:
    yield from _at_slashes(text, "//")
    yield from _at_slashes(text, "///")


def _dotted(text: str) -> Iterator[str]:
    yield from _at_slashes(text, "/./")
    yield from _at_slashes(text, "/././")
    if text[:1].isalnum() and is_path(text):
        yield f"./{text}"


def _at_slashes(text: str, other: str) -> Iterator[str]:
    """Replace one slash at a time, the first of a path and those of `file://` left out."""
    if not is_path(text):
        return
    start = len("file:///") if text.startswith("file:///") else 1
    for place in range(start, len(text)):
        if text[place] == "/":
            yield text[:place] + other + text[place + 1 :]


def _rooted(text: str) -> Iterator[str]:
    if text.startswith(ROOT):
        yield text.removeprefix(ROOT)
    elif re.match(r"\w", text) and is_path(text):
        yield ROOT + text


def _rewritten_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict | list):
        yield json.dumps(value, indent=2)
        yield json.dumps(_turned(value), ensure_ascii=False)
        yield json.dumps(_turned(value), separators=(",", ":"))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


_TEXT: Mapping[str, Callable[[str], Iterator[str]]] = {
    "path_slashes": _doubled,
    "path_dots": _dotted,
    "path_root": _rooted,
    "json": _rewritten_json,
}


def _spaced(statement: Statement) -> Iterator[Statement]:
    for gap, tail in (("  ", " "), ("\n\t", "\n"), (" ", "")):
        yield _gapped(statement, partial(_always, gap), tail)
    # As tight as its pieces can stand, and broken before each keyword only.
    yield _gapped(statement, lambda one, two: "" if "mark" in (one.kind, two.kind) else " ", "")
    yield _gapped(statement, lambda _, two: "\n  " if two.kind == "keyword" else two.gap, " ")


def _always(gap: str, _one: Piece, _two: Piece) -> str:
    return gap


def _gapped(statement: Statement, gap: Callable[[Piece, Piece], str], tail: str) -> Statement:
    first, *rest = statement.pieces
    pairs = zip(statement.pieces, rest, strict=False)
    return replace(statement, pieces=(first, *(replace(two, gap=gap(one, two)) for one, two in pairs)), tail=tail)


def _commented(statement: Statement) -> Iterator[Statement]:
    places = [number for number, piece in enumerate(statement.pieces) if number and piece.gap == " "]
    for place in (places[0], places[len(places) // 2], places[-1]) if places else ():
        for gap in (" /* what is needed */ ", " -- one line\n", "/*+ x */"):
            yield _at(statement, place, gap)
    yield _at(statement, 0, "-- first\n")
    yield _at(statement, 0, "/* first */ ")
    if not statement.tail:
        yield replace(statement, tail=" -- last")
        yield replace(statement, tail=" /* last */")


def _at(statement: Statement, place: int, gap: str) -> Statement:
    pieces = list(statement.pieces)
    pieces[place] = replace(pieces[place], gap=gap)
    return replace(statement, pieces=tuple(pieces))


def _ended(statement: Statement) -> Iterator[Statement]:
    *most, last = statement.pieces
    if last.text == ";":
        yield replace(statement, pieces=tuple(most))
    end = Piece(";", "mark", "")
    yield replace(statement, pieces=(*statement.pieces, end))
    yield replace(statement, pieces=(*statement.pieces, end, end))


def _cased(statement: Statement) -> Iterator[Statement]:
    writes: Sequence[Callable[[str, int], str]] = (
        lambda word, _: word.lower(),
        lambda word, _: word.capitalize(),
        lambda word, number: word.lower() if number % 2 else word.upper(),
    )
    for write in writes:
        told = (
            replace(piece, text=write(piece.text, number)) if piece.kind == "keyword" else piece
            for number, piece in enumerate(statement.pieces)
        )
        yield replace(statement, pieces=tuple(told))


def _quoted(statement: Statement) -> Iterator[Statement]:
    """With all, the first or the last of the names in quotes that can stand in them, and with none."""
    words = [number for number, piece in enumerate(statement.pieces) if piece.kind == "word"]
    bare = tuple(
        replace(piece, text=piece.text[1:-1]) if piece.kind == "plain" else piece for piece in statement.pieces
    )
    yield replace(statement, pieces=bare)
    # Functions and types are words too, and no names: each word is tried alone, and what is refused falls out.
    for number in words:
        piece = statement.pieces[number]
        pieces = (*statement.pieces[:number], replace(piece, text=f'"{piece.text}"'), *statement.pieces[number + 1 :])
        yield replace(statement, pieces=pieces)


_SQL: Mapping[str, Callable[[Statement], Iterator[Statement]]] = {
    "space": _spaced,
    "comments": _commented,
    "semicolon": _ended,
    "case": _cased,
    "quotes": _quoted,
}
