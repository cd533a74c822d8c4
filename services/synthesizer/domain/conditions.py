"""How a condition hangs on the rows it selects: dated, placed, by whom, for what."""

import re

from services.synthesizer.domain import mentions, nouns
from services.synthesizer.domain import vocabulary as voc
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.words import words

_ACTOR = re.compile(r"[a-z]+(?:er|or|ist|ant|yst|ian)|host")
"""What somebody is in a row: visitor, lawyer, analyst."""
_PLACED = {"office": "in the {text} office", "city": "in {text}", "level": "of level {text}"}


def dated(column: str, noun: str) -> str:
    """What happened on the date of a column: joined, ordered, taken."""
    parts = words(column)
    if noun == "reading":
        return "taken"
    if parts[:1] == (f"{noun}ed",):
        return "placed"
    if parts[-1:] == ("on",) and parts[0].endswith("ed"):
        return f"{'who ' if noun == 'employee' else ''}{' '.join(parts[:-1])}"
    if parts[:1] == ("start",):
        return "starting"
    if parts[-1:] == ("date",) and noun != "employee":
        return "dated"
    return f"with {nouns.article(nouns.humane(column))}"


def preposition(column: str) -> str:
    """How what a column names hangs on its rows; empty where the column sorts rows, or nothing is known."""
    parts = set(words(column))
    if parts & voc.GROUPS:
        return ""
    return next((linked for named, linked in voc.BY_ROLE if named & parts), "")


def is_numbered(column: str) -> bool:
    """Tell whether a column holds numbers of what it is called after: `medicine_code`, but no bare `code`."""
    parts = words(column)
    return len(parts) > 1 and parts[-1] in voc.ID_WORDS and parts[-2] not in voc.ID_WORDS


def belonging(column: str, named: str) -> str:
    """Say whose rows are meant, where the column names another row: `for that medicine`, `of the practice with ...`."""
    bare = nouns.humane(column).removesuffix(" name")
    # `medicine_code`, `asset_no`: whatever a number stands for, its rows are for that.
    if is_numbered(column):
        return f"for {named}"
    if mentions.is_of(named, bare):
        return f"of {named}"
    # Nobody speaks of the visits whose visitor is somebody.
    return f"with {named} as the {bare}" if _ACTOR.fullmatch(bare) else f"whose {nouns.humane(column)} is {named}"


def same(column: str, named: str) -> str:
    """Say which rows share what a column says with another row."""
    linked = "in" if set(words(column)) & voc.GROUPS else "with"
    return f"{linked} the same {nouns.humane(column).removesuffix(' name')} as {named}"


def stated(named: str, value: lf.Literal) -> str:
    """Attach what the question states itself."""
    linked, column, text = preposition(named), nouns.humane(named), value.text
    if not linked and value.kind is ValueKind.IDENTIFIER and is_numbered(named):
        return f"for {nouns.row_noun(named, '')} {text}"
    if linked == "in" and "country" not in column:
        return f"in the {text} {column.split()[-1]}"
    if linked:
        return f"{linked} {text}"
    if re.search("category|group|type|department|team", column):
        return f"in the {text} {column}"
    usual = "with {text} as the {column}" if _ACTOR.fullmatch(column) else "whose {column} is {text}"
    return _PLACED.get(column, usual).format(column=column, text=text)
