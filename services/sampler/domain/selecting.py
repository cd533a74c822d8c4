"""Selecting rows: by what a document says, by what another row refers to, by two things that meet."""

import re

from services.sampler.domain.asking import Asker, kind_of, said
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Mention, Reference, Relation
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
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
_MENTIONED, _BY_NAME = 0.4, 0.5
_COUNTED = 0.3
_FEWEST_ADDED, _FEWEST_COMPARED = 2.5, 5.0
"""Rows expected below which the verifier would mostly find too few to add or to compare."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def counted(asker: Asker) -> Reference:
    """A reference from rows that can be added up."""
    return asker.some(
        [
            r
            for r in asker.relations.references
            if r.source.measures and not is_unique(r.column, r.source) and asker.can_query(r.source)
        ]
    )


def key_of(asker: Asker, reference: Reference) -> lf.Form:
    """What a row is called, found where a document says it or in the row's own table."""
    mentions = [m for m in asker.relations.mentions if m.relation is reference.target and m.column is reference.key]
    if mentions and asker.chance(_MENTIONED):
        return said(asker.mention(mentions).fact, asker.relations)
    named = named_key(asker, reference)
    if not isinstance(named, lf.Literal) and can_look_up(reference) and asker.chance(_BY_NAME):
        return named
    entity = asker.hidden(reference.target, 1)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        return entity.key
    return lf.Attribute(entity, reference.key.name, reference.key.kind)


def named_key(asker: Asker, reference: Reference) -> lf.Literal | lf.Attribute:
    """What a row is called, for a row that the question names: looked up where rows are referred to by number."""
    name = reference.target.keys[-1]
    text = lf.Literal(asker.some(name.samples), name.kind)
    return text if name is reference.key else keyed_by(reference, name, text)


def can_look_up(reference: Reference) -> bool:
    """Tell whether rows are found by their names: in a sheet, only its first column is searched."""
    first, name = reference.target.world_table.columns[0], reference.target.keys[-1]
    return reference.target.table.format != "xlsx" or name.name == first.name or name is reference.key


def keyed_by(reference: Reference, column: WorldColumn, value: lf.Form) -> lf.Attribute:
    """What the row with that value in a column is referred to by."""
    entity = lf.Keyed(reference.target.table, column.name, value)
    return lf.Attribute(entity, reference.key.name, reference.key.kind)


def one_of(asker: Asker, reference: Reference) -> lf.Condition:
    """Two things that two documents of one sort name, either of which will do."""
    mentions = [m for m in asker.relations.mentions if m.relation is reference.target and m.column is reference.key]
    first = asker.some(mentions)
    others = [m for m in mentions if m.fact.text != first.fact.text and is_one_sort(asker, first, m)]
    # Sorted: which of the two was drawn first must not make two questions of one.
    chosen = sorted((first, asker.some(others)), key=lambda m: m.fact.path)
    values = tuple(said(m.fact, asker.relations) for m in chosen)
    return lf.Condition(reference.column.name, lf.Operator.ONE_OF, lf.Several(values))


def is_one_sort(asker: Asker, one: Mention, other: Mention) -> bool:
    """Tell whether two documents say something under the same label, and are of one sort."""
    first = opening(asker, one.fact.path)
    return bool(first) and one.fact.key == other.fact.key and first == opening(asker, other.fact.path)


def opening(asker: Asker, path: str) -> tuple[str, ...]:
    """The words that say what sort of document it is: those that its title begins with."""
    title = words(asker.relations.documents[path].title)
    return title[:2] if len(title) > 1 else ()


def shared_category(asker: Asker, reference: Reference) -> lf.Condition:
    """The same category (region, team) as a named row of another relation has."""
    column, relation, named = asker.some(
        [
            (column, relation, other)
            for column in reference.source.categories
            for relation in asker.relations.relations
            for other in relation.categories
            if relation is not reference.source
            and relation is not reference.target
            and relation.keys
            and column is not reference.column
            and other.kind is column.kind
            and set(words(other.name)) & set(words(column.name))
            and set(other.samples) <= set(column.samples)
        ]
    )
    entity = asker.named(relation)
    return lf.Condition(column.name, lf.Operator.EQUAL, lf.Attribute(entity, named.name, kind_of(named)))


def dates_within(asker: Asker, column: WorldColumn) -> list[WorldFact]:
    """Days that documents give and that lie within a column's; statements compare them as texts, year first."""
    # Samples of a long column end early; then the present is the only bound that is sure.
    is_all = column.distinct <= len(column.samples)
    last = max(column.samples) if is_all else asker.relations.world.frozen_now
    return [
        f
        for f in asker.relations.facts
        if f.kind is ValueKind.DATE and _DAY.fullmatch(f.text) and min(column.samples) < f.text < last
    ]


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
    adds = [c for c in free if adds_up(c.name)]
    expected = _expected(relation, where)
    # Prices of one product hardly differ between its orders: where amounts stand beside them, amounts are asked for.
    column = asker.some(adds if adds or adding else free)
    if expected < (_FEWEST_ADDED if adds else _FEWEST_COMPARED):
        raise Infeasible("too few rows to make one value of")
    if adding:
        total = lf.Aggregate(relation.table, lf.Function.SUM, column.name, where, column.kind, column.unit)
        return [total]
    # A highest amount is often the same in any period, so that what is found makes no difference.
    found = any(not isinstance(condition.value, lf.Literal) for condition in where)
    functions = (lf.Function.SUM,) if found else (lf.Function.SUM, lf.Function.SUM, lf.Function.MAX)
    function = asker.some(functions if adds else (lf.Function.MEAN, lf.Function.MAX, lf.Function.MIN))
    main = lf.Aggregate(relation.table, function, column.name, where, column.kind, column.unit)
    count = lf.Aggregate(relation.table, lf.Function.COUNT, "", where)
    return [count, main] if asker.chance(_COUNTED) else [main]


def _expected(relation: Relation, where: tuple[lf.Condition, ...]) -> float:
    """How many rows conditions leave, if values are spread evenly and a day cuts a period in half."""
    rows = float(relation.world_table.row_count)
    for condition in where:
        exact = condition.operator in (lf.Operator.EQUAL, lf.Operator.ONE_OF)
        rows /= max(1, relation.columns[condition.column].distinct) if exact else 2
    return rows


def adds_up(name: str, unit: str = "") -> bool:
    """Tell whether values of that name may be added: amounts may, prices, limits, rates, temperatures may not."""
    named = set(words(name))
    # A price, a limit or a rate belongs to one thing each: added up it means nothing.
    if _EACH & named or unit == "percent":
        return False
    extensive = dimension(unit) in _EXTENSIVE or dimension(unit).startswith("currency")
    return bool(_ADDITIVE & named) or extensive


def is_unique(column: WorldColumn, relation: Relation) -> bool:
    """Tell whether no value of the column stands in two rows."""
    return column.distinct == relation.world_table.row_count
