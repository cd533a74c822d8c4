"""The families of questions: each draws one logical form with one purpose, out of what the world shows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from services.sampler.domain.asking import Asker, attribute
from services.sampler.domain.changes import noted
from services.sampler.domain.comparisons import (
    code,
    comparison,
    days_between,
    limit_against,
    said_against,
    two_documents,
)
from services.sampler.domain.dossiers import dossier, review
from services.sampler.domain.framing import question
from services.sampler.domain.histories import branch_change, changed_code, history
from services.sampler.domain.meetings import best_of, meeting, placed
from services.sampler.domain.refusals import unplaced
from services.sampler.domain.relations import Relation, is_whole
from services.sampler.domain.selecting import aggregates, conditions, counted, key_of
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn
from shared.model.values import ValueKind
from shared.proof.units import dimension
from shared.proof.words import words

_TIMES = ("08:00", "08:30", "09:00", "09:30", "10:15", "11:00", "13:00", "14:30", "15:45", "16:00", "17:30")
_GROUPS = frozenset(("team", "department", "office"))
_MORNING, _EVENING, _AWAKE = 7, 21, 0.9
_EXTREME, _DATED, _HIDDEN, _NAMED, _PERSON = 0.5, 0.35, 0.6, 0.6, 0.4
"""Probabilities: an extreme, a period, a described row, asking as well which row it is, a caller."""


def lookup(asker: Asker) -> lf.Question:
    """Attributes of a row that the question names or describes by an extreme."""
    relation = asker.some(asker.relations.relations)
    entity = asker.extreme(relation) if asker.chance(_EXTREME) else asker.named(relation)
    return question("lookup", asker.attributes(entity, 3))


def chain(asker: Asker) -> lf.Question:
    """Attributes of a row that a document or another row leads to."""
    entity = asker.described(2)
    if not _is_group(entity):
        return question("chain", asker.attributes(entity, 3))
    heads = [c for c in asker.relation(entity).attributes if c.kind is ValueKind.NAME and c.name != entity.column]
    return question("chain", [attribute(entity, asker.some(heads))])


def _is_group(entity: lf.Row) -> TypeGuard[lf.Keyed]:
    """Tell whether it is the team of somebody who is described: that leads to whoever heads it, not to its figures."""
    key = entity.key if isinstance(entity, lf.Keyed) else None
    if not isinstance(key, lf.Attribute) or isinstance(getattr(key.entity, "key", None), lf.Literal):
        return False
    return bool(_GROUPS & set(words(key.column)))


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
    """What a time here is for somebody or some place elsewhere."""
    zoned = [r for r in asker.relations.relations if _zone(r)]
    # The table with the fewest zones for its rows is where the company is; the others say where people are.
    home = min(zoned, key=lambda r: _zone_column(r).distinct / r.world_table.row_count, default=None)
    relation = asker.some([r for r in zoned if r is not home] or zoned)
    entity = asker.hidden(relation, 1) if asker.chance(_HIDDEN) else asker.named(relation)
    zones = _zone_column(home or relation).samples
    zone = asker.some(zones)
    from_zone: lf.Form = lf.Literal(zone, ValueKind.TIME_ZONE)
    named = home is not None and home is not relation and bool(home.keys) and asker.chance(_PERSON)
    if named and home is not None:
        from_zone = attribute(asker.named(home), _zone_column(home))
    there = set(_zone_column(relation).samples)
    awake = [time for time in _TIMES if _is_awake(asker, time, zone, there)]
    # Later than what clocks show now, so that "when it is 15:45 here" means today.
    times = [time for time in awake if time > max(_shown(asker, one) for one in (zones if named else [zone]))]
    return question("clock", [lf.LocalTime(asker.some(times), from_zone, attribute(entity, _zone_column(relation)))])


def _is_awake(asker: Asker, time: str, zone: str, there: set[str]) -> bool:
    """Tell whether most of the places that may be meant are awake at that time."""
    day = datetime.fromisoformat(asker.relations.world.frozen_now).date()
    moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))
    hours = [moment.astimezone(ZoneInfo(one)).hour for one in there]
    return sum(_MORNING <= hour < _EVENING for hour in hours) >= _AWAKE * len(hours)


def _shown(asker: Asker, zone: str) -> str:
    """What clocks of a zone show now: a call is asked for later."""
    return f"{datetime.fromisoformat(asker.relations.world.frozen_now).astimezone(ZoneInfo(zone)):%H:%M}"


def shipped(asker: Asker) -> lf.Question:
    """A diamond: a row's measure times the total of the rows that refer to it."""
    reference = counted(asker)
    priced = any(dimension(c.unit).startswith("currency") for c in reference.source.measures)
    each = [c for c in reference.target.measures if dimension(c.unit) == "mass" or (not priced and _is_price(c))]
    units = [c for c in reference.source.measures if is_whole(c) and not c.unit]
    entity = asker.hidden(reference.target, 1) if asker.chance(_HIDDEN) else asker.named(reference.target)
    key: lf.Form = lf.Attribute(entity, reference.key.name, reference.key.kind)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        # The question names the row by this very key already, and no call has to find it.
        key = entity.key
    where = (lf.Condition(reference.column.name, lf.Operator.EQUAL, key),)
    measure = asker.some(each)
    total = lf.Aggregate(reference.source.table, lf.Function.SUM, asker.some(units).name, where)
    form = lf.Computed(lf.Operation.PRODUCT, (attribute(entity, measure), total), measure.kind, measure.unit)
    return question("shipped", [total, form], decimals={form: 2})


def _is_price(column: WorldColumn) -> bool:
    # Orders that carry amounts of their own need no price from elsewhere.
    return "price" in words(column.name)


def fan_out(asker: Asker) -> lf.Question:
    """One row leads to rows of two other relations; something is asked of each."""
    relation = asker.some(asker.relations.relations)
    leaving = [r for r in asker.relations.references if r.source is relation]
    first = asker.some(leaving)
    second = asker.some([r for r in leaving if r.column is not first.column])
    entity = asker.named(relation)
    asked = [asker.attributes(asker.follow(reference, entity), 1)[0] for reference in (first, second)]
    return question("fan_out", asked)


FAMILIES: tuple[tuple[Callable[[Asker], lf.Question], int], ...] = (
    (lookup, 3),
    (chain, 22),
    (totals, 2),
    (totals_of, 12),
    (meeting, 24),
    (best_of, 12),
    (conversion, 3),
    (clock, 6),
    (comparison, 4),
    (said_against, 14),
    (shipped, 6),
    (fan_out, 8),
    (two_documents, 4),
    (days_between, 4),
    (code, 3),
    (history, 8),
    (changed_code, 4),
    (branch_change, 3),
    (limit_against, 4),
    (placed, 3),
    # Half of these have an answer: as many of either sort as there were of the answered one alone.
    (unplaced, 20),
    (dossier, 70),
    (review, 18),
    (noted(chain, chain, best_of, fan_out, history, placed, meeting, totals_of, dossier), 32),
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
    if not relation.keys or isinstance(entity, lf.Keyed):
        return []
    return [attribute(entity, relation.keys[-1])]


def _zone(relation: Relation) -> bool:
    return any(column.kind is ValueKind.TIME_ZONE for column in relation.world_table.columns)


def _zone_column(relation: Relation) -> WorldColumn:
    return next(column for column in relation.world_table.columns if column.kind is ValueKind.TIME_ZONE)
