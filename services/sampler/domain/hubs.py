"""One thing that several sources speak of: what leads to it, and where in the world's tables its names stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.sampler.domain.asking import Asker, attribute, said
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Mention, Relation
from services.sampler.domain.selecting import can_look_up, is_unique
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.values import ValueKind
from shared.proof.words import words

_FEWEST_APART = 0.6
"""Share of distinct values below which many rows would share the highest one."""
_FEWEST_CHOICES = 3
_ANSWERING = frozenset(("owner", "author", "creator", "responsible", "attendees", "modified", "by"))
_WRITING = ("author", "creator", "last modified by")


@dataclass(frozen=True, slots=True)
class Spot:
    """A column in which a name of the thing stands."""

    relation: Relation
    column: WorldColumn
    key: lf.Form
    """What evaluates to that name."""


@dataclass(frozen=True, slots=True)
class Hub:
    """The thing."""

    rows: tuple[Spot, ...]
    """Where it is a row of its own."""
    groups: tuple[Spot, ...]
    """Where rows belong to it."""
    told: tuple[WorldFact, ...] = ()
    """What the document that names it says besides."""

    def row(self, spot: Spot) -> lf.Row:
        """The row there; what is described by an extreme stays described so, as a second lookup would find it again."""
        if isinstance(spot.key, lf.Attribute) and spot.key.entity.table == spot.relation.table:
            return spot.key.entity
        return lf.Keyed(spot.relation.table, spot.column.name, spot.key)

    def key(self, relation: Relation, column: WorldColumn) -> lf.Form | None:
        """What evaluates to the name that a column of a relation has of it."""
        return next((s.key for s in self.rows if s.relation is relation and s.column is column), None)


def mentioned(asker: Asker) -> Hub:
    """What a document names."""
    return _named_in(asker, asker.mention(asker.relations.mentions))


def authored(asker: Asker, before: lf.Form | None = None) -> Hub:
    """Whoever made the newest commit of a branch, or the last one before a day."""
    people = [r for r in asker.relations.relations if any(c.kind is ValueKind.EMAIL for c in r.world_table.columns)]
    asker.rng.shuffle(people)
    for relation in people:
        try:
            return of_row(asker, asker.committed(relation, before))
        # Suppliers have addresses too.
        except Infeasible:
            continue
    raise Infeasible("not people who write")


def highest(asker: Asker) -> Hub:
    """The row with the highest or lowest value of a table that statements read."""
    fitting = [r for r in asker.relations.relations if r.keys and r.measures and asker.can_query(r)]
    return of_row(asker, asker.extreme(asker.some(fitting)))


def _named_in(asker: Asker, mention: Mention) -> Hub:
    """A note may give number and name: whichever stands in a table leads there."""
    relations, path = asker.relations, mention.fact.path
    named = [m for m in relations.mentions if m.fact.path == path and _is_same(mention, m)]
    # One name for each table, numbers first: "the goods it names" would be several.
    numbers_first = sorted(named, key=lambda m: m.column.kind is not ValueKind.IDENTIFIER)
    one_each = {id(m.relation): m for m in reversed(numbers_first)}
    rows = tuple(Spot(m.relation, m.column, said(m.fact, relations)) for m in named if one_each[id(m.relation)] is m)
    keys = {m.fact.key for m in named}
    groups = tuple(
        Spot(m.relation, m.column, said(m.fact, relations))
        for m in relations.category_mentions
        if m.fact.path == path and m.fact.key in keys and asker.can_query(m.relation)
    )
    # Whoever answers for a page is not what it is about.
    about = not any(_ANSWERING & set(words(key)) for key in keys)
    told = tuple(fact for fact in relations.facts if about and fact.path == path and fact.key not in keys)
    return Hub(rows, groups or _groups(asker, rows), told)


def _is_same(one: Mention, other: Mention) -> bool:
    """Two labels of a document name one thing, if they stand in one row, or say the same word for word."""
    if one.fact.key == other.fact.key:
        return True
    # Whoever wrote a document and whoever answers for it may be one person, and nobody who reads it can know.
    if one.relation is not other.relation or {one.fact.key.lower(), other.fact.key.lower()} & {*_WRITING}:
        return False
    row = one.relation.row_of(one.column.name, one.fact.text)
    return row is not None and row == other.relation.row_of(other.column.name, other.fact.text)


def of_row(asker: Asker, entity: lf.Row) -> Hub:
    """A row, and all that refers to it."""
    home = asker.relation(entity)
    # Other names of the row have to be read before they lead anywhere.
    own = tuple(Spot(home, key, attribute(entity, key)) for key in home.keys if asker.can_query(home))
    if isinstance(entity, lf.Keyed) and not isinstance(entity.key, lf.Literal):
        # What leads to the row is its name already.
        led = tuple(Spot(home, key, entity.key) for key in home.keys if key.name == entity.column)
        own = (*led, *(spot for spot in own if spot.column.name != entity.column))
    elsewhere = tuple(
        Spot(reference.target, reference.key, spot.key)
        for spot in own
        for reference in asker.relations.references
        if reference.source is home and reference.column is spot.column
    )
    rows = (*own, *(s for s in elsewhere if all(s.relation is not o.relation for o in own)))
    return Hub(rows, _groups(asker, rows))


def _groups(asker: Asker, rows: tuple[Spot, ...]) -> tuple[Spot, ...]:
    return tuple(
        Spot(reference.source, reference.column, spot.key)
        for spot in rows
        for reference in asker.relations.references
        if reference.target is spot.relation
        and reference.key is spot.column
        and not is_unique(reference.column, reference.source)
        and asker.can_query(reference.source)
    )


def onward(asker: Asker, hub: Hub) -> Hub:
    """What the thing leads to: what a column of its row names, or the highest of the rows that belong to it.

    Raises:
        Infeasible: nothing.
    """
    ways = [*_followed(asker, hub), *_best(asker, hub)]
    return of_row(asker, asker.some(ways))


def _followed(asker: Asker, hub: Hub) -> Iterator[lf.Row]:
    for spot in hub.rows:
        for reference in asker.relations.references:
            named = reference.column in spot.relation.keys
            # A cell that was found in a sheet can only be cited.
            if reference.source is not spot.relation or named or not asker.can_query(spot.relation):
                continue
            if not can_look_up(reference):
                continue
            try:
                yield asker.follow(reference, hub.row(spot))
            except Infeasible:
                continue


def _best(asker: Asker, hub: Hub) -> Iterator[lf.Row]:
    for spot in hub.groups:
        relation, rows = spot.relation, spot.relation.world_table.row_count
        apart = [c for c in relation.measures if c.distinct >= _FEWEST_APART * rows and c is not spot.column]
        # Of two rows the highest is no question, and things have about as many rows each.
        if relation.keys and apart and rows >= _FEWEST_CHOICES * spot.column.distinct:
            where = (lf.Condition(spot.column.name, lf.Operator.EQUAL, spot.key),)
            yield lf.Extreme(relation.table, asker.some(apart).name, asker.some(list(lf.Direction)), where)
