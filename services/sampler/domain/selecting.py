"""Selecting rows: by what a document says, by what another row refers to, by two things that meet."""

from collections.abc import Callable, Sequence

from services.sampler.domain.asking import Asker, said
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Mention, Reference, Relation
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn
from shared.model.values import ValueKind
from shared.proof.units import dimension
from shared.proof.words import words

_ADDITIVE = frozenset(
    (
        *("total", "amount", "quantity", "qty", "units", "counted", "stock", "hand", "sold", "sales", "revenue"),
        *("cost", "costs", "spend", "fee", "fees", "hours", "duration", "kwh", "area"),
    )
)
_EACH = frozenset("price each per rate percent min minimum max maximum level limit discount".split())  # noqa: SIM905
_EXTENSIVE = ("mass", "energy", "area")
_MENTIONED = 0.6
_COUNTED = 0.3


def counted(asker: Asker) -> Reference:
    """A reference from rows that can be added up."""
    return asker.some(
        [r for r in asker.relations.references if r.source.measures and not _is_unique(r.column, r.source)]
    )


def key_of(asker: Asker, reference: Reference) -> lf.Form:
    """What a row is called, found where a document says it or in the row's own table."""
    mentions = [m for m in asker.relations.mentions if m.relation is reference.target and m.column is reference.key]
    if mentions and asker.chance(_MENTIONED):
        return said(asker.mention(mentions).fact, asker.relations)
    entity = asker.entity(reference.target, 1)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        if isinstance(entity.key, lf.Literal):
            raise Infeasible("nothing flows")
        return entity.key
    return lf.Attribute(entity, reference.key.name, reference.key.kind)


def one_of(asker: Asker, reference: Reference) -> lf.Condition:
    """Two things found apart, either of which will do."""
    first, second = key_of(asker, reference), key_of(asker, reference)
    if first == second or getattr(first, "path", "") == getattr(second, "path", " "):
        raise Infeasible("one thing twice")
    return lf.Condition(reference.column.name, lf.Operator.ONE_OF, lf.Several((first, second)))


def second_condition(asker: Asker, reference: Reference) -> lf.Condition:
    """Another condition on the same rows whose value is found elsewhere."""
    ways: list[Callable[[], lf.Condition]] = []
    others = [
        r
        for r in asker.relations.references
        if r.source is reference.source and r.column is not reference.column and not _is_unique(r.column, r.source)
    ]
    if others:
        ways.append(lambda: _other_reference(asker, asker.some(others)))
    mentions = [
        m
        for m in asker.relations.category_mentions
        if m.relation is reference.source and m.column is not reference.column
    ]
    if mentions:
        ways.append(lambda: _other_mention(asker, mentions))
    dates = [f for f in asker.relations.facts if f.kind is ValueKind.DATE]
    if dates and reference.source.dates:
        ways += [lambda: _since(asker, reference.source)] * 3
    return asker.some(ways)()


def _other_reference(asker: Asker, reference: Reference) -> lf.Condition:
    value = key_of(asker, reference)
    return lf.Condition(reference.column.name, lf.Operator.EQUAL, value)


def _other_mention(asker: Asker, mentions: Sequence[Mention]) -> lf.Condition:
    mention = asker.mention(mentions)
    return lf.Condition(mention.column.name, lf.Operator.EQUAL, said(mention.fact, asker.relations))


def _since(asker: Asker, relation: Relation) -> lf.Condition:
    column = asker.some(relation.dates)
    inside = [
        f
        for f in asker.relations.facts
        if f.kind is ValueKind.DATE and column.samples and min(column.samples) < f.text < max(column.samples)
    ]
    return lf.Condition(column.name, lf.Operator.SINCE, said(asker.some(inside), asker.relations))


def conditions(asker: Asker, relation: Relation) -> list[lf.Condition]:
    """One or two conditions that the question states."""
    found = []
    if relation.categories and asker.chance(0.8):
        found.append(asker.category(relation))
    if relation.dates and asker.chance(0.2 if found else 0.8):
        found.append(asker.period(relation))
    if not found:
        raise Infeasible("no condition")
    return found


def aggregates(
    asker: Asker, relation: Relation, where: tuple[lf.Condition, ...], *, adding: bool = False
) -> list[lf.Aggregate]:
    """What to make of the rows that meet the conditions; `adding` where each of several selections must count."""
    free = [c for c in relation.measures if not any(condition.column == c.name for condition in where)]
    column = asker.some([c for c in free if adds_up(c.name)] if adding else free)
    additive = adds_up(column.name)
    if adding:
        total = lf.Aggregate(relation.table, lf.Function.SUM, column.name, where, column.kind, column.unit)
        return [total]
    functions = (
        (lf.Function.SUM, lf.Function.SUM, lf.Function.MAX)
        if additive
        else (lf.Function.MEAN, lf.Function.MAX, lf.Function.MIN)
    )
    function = asker.some(functions)
    main = lf.Aggregate(relation.table, function, column.name, where, column.kind, column.unit)
    count = lf.Aggregate(relation.table, lf.Function.COUNT, "", where)
    return [count, main] if asker.chance(_COUNTED) else [main]


def adds_up(name: str, unit: str = "") -> bool:
    """Tell whether values of that name may be added: amounts may, prices, limits, rates, temperatures may not."""
    named = set(words(name))
    if _EACH & named or unit == "percent":
        return False
    extensive = dimension(unit) in _EXTENSIVE or dimension(unit).startswith("currency")
    return bool(_ADDITIVE & named) or extensive


def _is_unique(column: WorldColumn, relation: Relation) -> bool:
    return column.distinct == relation.world_table.row_count
