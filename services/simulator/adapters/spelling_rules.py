"""Puts the spelling rules of a snapshot to work, with the reader of SQL that they were proven with."""

from collections.abc import Sequence

from services.simulator.domain.spelling import RULES, Spelling, SpellingRule
from services.simulator.domain.sql_spelling import Parsed
from shared.model.errors import BadInput


def spelling_of(rules: Sequence[SpellingRule]) -> Spelling:
    """Make the look-up of some rules.

    Raises:
        BadInput: a rule is of another version of this program, or was proven with another reader of SQL.
    """
    if unknown := sorted({one.rule for one in rules} - set(RULES)):
        raise BadInput(f"this version knows no spelling rule {', '.join(unknown)}: use the one that wrote it")
    readers = {one.reader for one in rules if one.reader}
    if not readers:
        return Spelling(rules, _nothing)
    # Not at the top: it takes two seconds of a start, and only snapshots with such rules need it.
    from services.simulator.adapters import sql_reader

    if other := sorted(readers - {sql_reader.VERSION}):
        # Another version may take a text apart otherwise, and then the same snapshot would not give the same bytes.
        raise BadInput(
            f"spellings of SQL were proven with {', '.join(other)}, here is {sql_reader.VERSION}: install that one, "
            "or respell the snapshot that this one was made from"
        )
    return Spelling(rules, sql_reader.read)


def _nothing(text: str, dialect: str) -> Parsed | None:
    return None
