"""Which columns speak of the same things: those that refer to each other. One shared value alone proves nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.logical_form import Table
from shared.proof.words import words

Spot = tuple[str, str, str]
"""Path, table and column."""


class Placed(Protocol):
    """Anything with a table."""

    @property
    def table(self) -> Table:
        """Where its rows stand."""


class Mentioning(Protocol):
    """A document's value that stands in a column as well."""

    @property
    def fact(self) -> WorldFact:
        """What the document says."""

    @property
    def relation(self) -> Placed:
        """The table."""

    @property
    def column(self) -> WorldColumn:
        """The column that holds the same text."""


M = TypeVar("M", bound=Mentioning)


def spot(relation: Placed, column: WorldColumn) -> Spot:
    """Say where a column stands."""
    return relation.table.path, relation.table.name, column.name


def families(pairs: Iterable[tuple[Spot, Spot]]) -> Callable[[Spot], frozenset[Spot]]:
    """Join columns that refer to each other; returns all columns that speak of what one speaks of."""
    joined: dict[Spot, frozenset[Spot]] = {}
    for one, other in pairs:
        both = joined.get(one, frozenset([one])) | joined.get(other, frozenset([other]))
        joined.update(dict.fromkeys(both, both))
    return lambda at: joined.get(at, frozenset([at]))


def meant(mentions: Sequence[M], family: Callable[[Spot], frozenset[Spot]]) -> tuple[M, ...]:
    """Keep mentions of what the label means: a site and a department of one name are two things."""
    found: dict[tuple[str, str], set[frozenset[Spot]]] = {}
    for mention in mentions:
        found.setdefault(_key(mention), set()).add(family(spot(mention.relation, mention.column)))
    return tuple(m for m in mentions if _fits(m, family(spot(m.relation, m.column)), found))


def _fits(mention: Mentioning, own: frozenset[Spot], found: Mapping[tuple[str, str], set[frozenset[Spot]]]) -> bool:
    label = set(words(mention.fact.key))
    return len(found[_key(mention)]) == 1 or any(label & set(words(column)) for _, _, column in own)


def _key(mention: Mentioning) -> tuple[str, str]:
    return mention.fact.path, mention.fact.key
