"""The families of questions: each draws one logical form with one purpose, out of what the world shows."""

from collections.abc import Callable
from typing import Any

from services.sampler.domain.asking import Asker, attribute
from services.sampler.domain.comparisons import (
    average_of,
    code,
    comparison,
    days_between,
    limit_against,
    said_against,
)
from services.sampler.domain.framing import question
from services.sampler.domain.histories import branch_change, changed_code, history
from services.sampler.domain.meetings import best_of, between, meeting, placed
from services.sampler.domain.relations import Relation, is_whole
from services.sampler.domain.selecting import aggregates, conditions, counted, key_of
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn
from shared.model.values import ValueKind
from shared.proof.units import dimension
from shared.proof.words import words

_ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Tokyo", "Asia/Kolkata",
    "Asia/Singapore", "Australia/Sydney", "Europe/London", "Africa/Nairobi", "America/Chicago", "Pacific/Auckland",
)  # fmt: skip
_TIMES = ("08:00", "08:30", "09:00", "09:30", "10:15", "11:00", "13:00", "14:30", "15:45", "16:00", "17:30")
_EXTREME, _DATED, _HIDDEN, _NAMED = 0.5, 0.35, 0.75, 0.6
"""Probabilities: an extreme, a period, a described row, asking as well which row it is."""


def lookup(asker: Asker) -> lf.Question:
    """Attributes of a row that the question names or describes by an extreme."""
    relation = asker.some(asker.relations.relations)
    entity = asker.extreme(relation) if asker.chance(_EXTREME) else asker.named(relation)
    return question("lookup", asker.attributes(entity, 3))


def chain(asker: Asker) -> lf.Question:
    """Attributes of a row that a document or another row leads to."""
    return question("chain", asker.attributes(asker.described(2), 3))


def totals(asker: Asker) -> lf.Question:
    """One or two values made of many rows, under one or two stated conditions."""
    relation = asker.some([r for r in asker.relations.relations if r.measures and (r.categories or r.dates)])
    where = conditions(asker, relation)
    return question("totals", aggregates(asker, relation, tuple(where)))


def totals_of(asker: Asker) -> lf.Question:
    """A total over the rows that belong to something a document or another row names."""
    reference = counted(asker)
    inner = lf.Condition(reference.column.name, lf.Operator.EQUAL, key_of(asker, reference))
    more = (asker.period(reference.source),) if reference.source.dates and asker.chance(_DATED) else ()
    return question("totals_of", aggregates(asker, reference.source, (inner, *more)))


def conversion(asker: Asker) -> lf.Question:
    """A quantity in another unit."""
    value, unit = asker.quantity(2)
    into = asker.some(asker.units_for(unit))
    form = lf.Converted(value, unit, into)
    return question("conversion", [*_which(asker, value), form], decimals={form: 2})


def clock(asker: Asker) -> lf.Question:
    """The local time of somebody or some place."""
    relation = asker.some([r for r in asker.relations.relations if _zone(r)])
    entity = asker.hidden(relation, 2) if asker.chance(_HIDDEN) else asker.named(relation)
    to_zone = attribute(entity, _zone_column(relation))
    from_zone = lf.Literal(asker.some(_ZONES), ValueKind.TIME_ZONE)
    return question("clock", [*_which(asker, to_zone), lf.LocalTime(asker.some(_TIMES), from_zone, to_zone)])


def shipped(asker: Asker) -> lf.Question:
    """A diamond: a row's measure times the total of the rows that refer to it."""
    reference = counted(asker)
    each = [c for c in reference.target.measures if dimension(c.unit) == "mass" or "price" in words(c.name)]
    units = [c for c in reference.source.measures if is_whole(c) and not c.unit]
    entity = asker.entity(reference.target, 1)
    key: lf.Form = lf.Attribute(entity, reference.key.name, reference.key.kind)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        key = entity.key
    where = (lf.Condition(reference.column.name, lf.Operator.EQUAL, key),)
    measure = asker.some(each)
    total = lf.Aggregate(reference.source.table, lf.Function.SUM, asker.some(units).name, where)
    form = lf.Computed(lf.Operation.PRODUCT, (attribute(entity, measure), total), measure.kind, measure.unit)
    return question("shipped", [total, form], decimals={form: 2})


def fan_out(asker: Asker) -> lf.Question:
    """One row leads to rows of two other relations; something is asked of each."""
    relation = asker.some(asker.relations.relations)
    leaving = [r for r in asker.relations.references if r.source is relation]
    first = asker.some(leaving)
    second = asker.some([r for r in leaving if r.column is not first.column])
    entity = asker.entity(relation, 1)
    asked = [asker.attributes(asker.follow(reference, entity), 1)[0] for reference in (first, second)]
    return question("fan_out", asked)


FAMILIES: tuple[tuple[Callable[[Asker], lf.Question], int], ...] = (
    (lookup, 5),
    (chain, 18),
    (totals, 6),
    (totals_of, 14),
    (meeting, 30),
    (best_of, 24),
    (between, 16),
    (conversion, 9),
    (clock, 10),
    (comparison, 10),
    (said_against, 9),
    (shipped, 7),
    (fan_out, 8),
    (average_of, 6),
    (days_between, 6),
    (code, 3),
    (history, 5),
    (changed_code, 5),
    (branch_change, 5),
    (limit_against, 4),
    (placed, 14),
)


def ask(asker: Asker) -> lf.Question:
    """Draw a question of a random family.

    Raises:
        Infeasible: this family has nothing to ask here; another draw may.
    """
    families, weights = zip(*FAMILIES, strict=True)
    (family,) = asker.rng.choices(families, weights)
    drawn: lf.Question = family(asker)
    return drawn


def _which(asker: Asker, value: Any) -> list[Any]:
    """Ask as well which row it is, where the question only describes it."""
    if not isinstance(value, lf.Attribute) or not asker.chance(_NAMED):
        return []
    entity, relation = value.entity, asker.relation(value.entity)
    if not relation.keys or (isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Literal)):
        return []
    name = relation.keys[-1]
    return [entity.key if isinstance(entity, lf.Keyed) and entity.column == name.name else attribute(entity, name)]


def _zone(relation: Relation) -> bool:
    return any(column.kind is ValueKind.TIME_ZONE for column in relation.world_table.columns)


def _zone_column(relation: Relation) -> WorldColumn:
    return next(column for column in relation.world_table.columns if column.kind is ValueKind.TIME_ZONE)
