"""The families of questions: each draws one logical form with one purpose, out of what the world shows."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from services.sampler.domain.asking import Asker, attribute, is_telling, said, told_columns
from services.sampler.domain.capabilities import Skill
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Reference, Relation, is_numeric, is_whole
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn
from shared.model.values import ValueKind
from shared.proof.units import dimension, unit_of_key
from shared.proof.words import words

_WORDS = {lf.Function.SUM: "total", lf.Function.MEAN: "average", lf.Function.MIN: "lowest", lf.Function.MAX: "highest"}
_ADDITIVE = frozenset(
    ["total", "amount", "quantity", "qty", "units", "cost", "costs", "counted", "stock", "sold", "sales", "revenue", "spend", "hours", "kwh", "hand"]
)
_EACH = frozenset(["price", "each", "per", "rate", "percent"])
_ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Tokyo", "Asia/Kolkata",
    "Asia/Singapore", "Australia/Sydney", "Europe/London", "Africa/Nairobi", "America/Chicago", "Pacific/Auckland",
)  # fmt: skip
_TIMES = ("08:00", "08:30", "09:00", "09:30", "10:15", "11:00", "13:00", "14:30", "15:45", "16:00", "17:30")


def lookup(asker: Asker) -> lf.Question:
    """Attributes of a row that the question names or describes by an extreme."""
    relation = asker.some(asker.relations.relations)
    entity = asker.extreme(relation) if asker.chance(0.5) else asker.named(relation)
    return _question("lookup", asker.attributes(entity, 3))


def chain(asker: Asker) -> lf.Question:
    """Attributes of a row that a document or another row leads to."""
    return _question("chain", asker.attributes(asker.described(2), 3))


def totals(asker: Asker) -> lf.Question:
    """One or two values made of many rows, under one or two stated conditions."""
    relation = asker.some([r for r in asker.relations.relations if r.measures and (r.categories or r.dates)])
    where = _conditions(asker, relation)
    return _question("totals", _aggregates(asker, relation, tuple(where)))


def totals_of(asker: Asker) -> lf.Question:
    """A total over the rows that belong to something a document or another row names."""
    reference = _counted(asker)
    inner = lf.Condition(reference.column.name, lf.Operator.EQUAL, _key_of(asker, reference))
    more = (asker.period(reference.source),) if reference.source.dates and asker.chance(0.35) else ()
    return _question("totals_of", _aggregates(asker, reference.source, (inner, *more)))


def meeting(asker: Asker) -> lf.Question:
    """A total over rows selected by two things found apart: two values meet in one call."""
    reference = _counted(asker)
    if asker.chance(0.5):
        return _question("meeting", _aggregates(asker, reference.source, (_one_of(asker, reference),), adding=True))
    first = lf.Condition(reference.column.name, lf.Operator.EQUAL, _key_of(asker, reference))
    second = _second_condition(asker, reference)
    return _question("meeting", _aggregates(asker, reference.source, (first, second)))


def conversion(asker: Asker) -> lf.Question:
    """A quantity in another unit."""
    value, unit = asker.quantity(2)
    into = asker.some(asker.units_for(unit))
    form = lf.Converted(value, unit, into)
    return _question("conversion", [*_which(asker, value), form], decimals={form: 2})


def clock(asker: Asker) -> lf.Question:
    """The local time of somebody or some place."""
    relation = asker.some([r for r in asker.relations.relations if _zone(r)])
    entity = asker.hidden(relation, 2) if asker.chance(0.75) else asker.named(relation)
    to_zone = attribute(entity, _zone_column(relation))
    from_zone = lf.Literal(asker.some(_ZONES), ValueKind.TIME_ZONE)
    return _question("clock", [*_which(asker, to_zone), lf.LocalTime(asker.some(_TIMES), from_zone, to_zone)])


def comparison(asker: Asker) -> lf.Question:
    """Two rows compared in one measure."""
    relation = asker.some([r for r in asker.relations.relations if any(is_numeric(c) for c in r.attributes)])
    column = asker.some([c for c in relation.measures if is_telling(c) and (c.unit or not is_whole(c))])
    first, second = asker.hidden(relation, 1), asker.entity(relation, 1)
    if first == second or column.name in told_columns(first) | told_columns(second):
        raise Infeasible("one row compared with itself")
    operation = asker.some(_operations(column.unit))
    operands = (attribute(first, column), attribute(second, column))
    unit = "percent" if operation is lf.Operation.PERCENT_CHANGE else column.unit
    form = lf.Computed(operation, operands, column.kind, unit)
    return _question("comparison", [form], decimals={form: 2})


def said_against(asker: Asker) -> lf.Question:
    """What a document says compared with what a table, or the document itself, says of the same thing."""
    numeric = [f for f in asker.relations.facts if is_numeric(f)]
    fact = asker.some(numeric)
    pairs: list[tuple[Any, Any, str]] = [
        (said(other, asker.relations), said(fact, asker.relations), fact.unit)
        for other in numeric
        if other is not fact and other.path == fact.path and _alike(other.key, fact.key) and other.unit == fact.unit
    ]
    for mention in asker.relations.mentions:
        if mention.fact.path == fact.path:
            entity = asker.mentioned(mention)
            columns = [c for c in mention.relation.measures if _alike(c.name, fact.key) and c.unit == fact.unit]
            pairs += [(attribute(entity, c), said(fact, asker.relations), fact.unit) for c in columns]
    one, other, unit = asker.some(pairs)
    operation = asker.some(_operations(unit)[:2])
    operands = (one, other) if operation is lf.Operation.PERCENT_CHANGE else (other, one)
    form = lf.Computed(
        operation, operands, ValueKind.NUMBER, "percent" if operation is lf.Operation.PERCENT_CHANGE else unit
    )
    return _question("said_against", [form], decimals={form: 2})


def shipped(asker: Asker) -> lf.Question:
    """A diamond: a row's measure times the total of the rows that refer to it."""
    reference = _counted(asker)
    each = [c for c in reference.target.measures if dimension(c.unit) == "mass" or "price" in words(c.name)]
    counted = [c for c in reference.source.measures if is_whole(c) and not c.unit]
    entity = asker.entity(reference.target, 1)
    key: lf.Form = lf.Attribute(entity, reference.key.name, reference.key.kind)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        key = entity.key
    where = (lf.Condition(reference.column.name, lf.Operator.EQUAL, key),)
    measure = asker.some(each)
    total = lf.Aggregate(reference.source.table, lf.Function.SUM, asker.some(counted).name, where)
    form = lf.Computed(lf.Operation.PRODUCT, (attribute(entity, measure), total), measure.kind, measure.unit)
    return _question("shipped", [total, form], decimals={form: 2})


def fan_out(asker: Asker) -> lf.Question:
    """One row leads to rows of two other relations; something is asked of each."""
    relation = asker.some(asker.relations.relations)
    leaving = [r for r in asker.relations.references if r.source is relation]
    first = asker.some(leaving)
    second = asker.some([r for r in leaving if r.column is not first.column])
    entity = asker.entity(relation, 1)
    asked = [asker.attributes(asker.follow(reference, entity), 1)[0] for reference in (first, second)]
    return _question("fan_out", asked)


def average_of(asker: Asker) -> lf.Question:
    """What several documents say under the same label, added or averaged."""
    numeric = [f for f in asker.relations.facts if is_numeric(f)]
    fact = asker.some(numeric)
    same = [f for f in numeric if f.key == fact.key and f.unit == fact.unit and f.path != fact.path]
    asker.rng.shuffle(same)
    chosen = [fact, *same[: asker.rng.randint(1, 2)]]
    if len(chosen) < 2:  # noqa: PLR2004
        raise Infeasible("only one document says so")
    operation = asker.some((lf.Operation.MEAN, lf.Operation.SUM))
    chosen.sort(key=lambda f: f.path)
    form = lf.Computed(operation, tuple(said(f, asker.relations) for f in chosen), fact.kind, fact.unit)
    exact = operation is lf.Operation.SUM and all(re.fullmatch(r"\d+\D*", f.text) for f in chosen)
    return _question("average_of", [form], decimals={form: -1 if exact else 2})


def code(asker: Asker) -> lf.Question:
    """Measures of source files, one or several averaged."""
    folder = asker.some(sorted({f.path.rpartition("/")[0] for f in asker.relations.world.files if _is_source(f.path)}))
    paths = sorted(
        f.path for f in asker.relations.world.files if _is_source(f.path) and f.path.rpartition("/")[0] == folder
    )
    names = sorted(
        {
            output.key
            for ability in asker.toolbox.having(Skill.MEASURE_CODE)
            for output in ability.node.outputs
            if output.kind in (ValueKind.NUMBER, ValueKind.QUANTITY) and output.key
        }
    )
    if asker.chance(0.5):
        path = asker.some(paths)
        asker.rng.shuffle(names)
        return _question("code", [lf.CodeMeasure(path, name) for name in sorted(names[:3])])
    asker.rng.shuffle(paths)
    operands = tuple(lf.CodeMeasure(path, asker.some(names)) for path in sorted(paths[: asker.rng.randint(2, 3)]))
    operands = tuple(lf.CodeMeasure(operand.path, operands[0].name) for operand in operands)
    form = lf.Computed(asker.some((lf.Operation.MEAN, lf.Operation.SUM)), operands)
    return _question("code", [form], decimals={form: 2})


def history(asker: Asker) -> lf.Question:
    """Who made the newest commit, and something about them."""
    people = [r for r in asker.relations.relations if any(c.kind is ValueKind.EMAIL for c in r.world_table.columns)]
    entity = asker.committed(asker.some(people))
    return _question("history", [entity.key, *asker.attributes(entity, 2)])


FAMILIES: tuple[tuple[Callable[[Asker], lf.Question], int], ...] = (
    (lookup, 5),
    (chain, 18),
    (totals, 6),
    (totals_of, 14),
    (meeting, 14),
    (conversion, 9),
    (clock, 10),
    (comparison, 10),
    (said_against, 9),
    (shipped, 7),
    (fan_out, 8),
    (average_of, 6),
    (code, 3),
    (history, 4),
)


def ask(asker: Asker) -> lf.Question:
    """Draw a question of a random family.

    Raises:
        Infeasible: this family has nothing to ask here; another draw may.
    """
    families, weights = zip(*FAMILIES, strict=True)
    (family,) = asker.rng.choices(families, weights)
    question: lf.Question = family(asker)
    return question


def _question(family: str, values: Sequence[Any], decimals: dict[Any, int] | None = None) -> lf.Question:
    fields: list[lf.Field] = []
    for value in values:
        key = _field_key(value)
        taken = {field.key for field in fields}
        while key in taken:
            key = f"{key}_2"
        fields.append(lf.Field(key, value, (decimals or {}).get(value, _decimals(value))))
    return lf.Question(family, tuple(fields))


def _decimals(value: Any) -> int:
    """Means, and sums of what is not counted in whole things, are rounded; single values stand as they are."""
    if isinstance(value, lf.Aggregate) and value.function is lf.Function.MEAN:
        return 2
    return 2 if isinstance(value, lf.Aggregate) and value.function is lf.Function.SUM and value.unit else -1


def _field_key(value: Any) -> str:
    match value:
        case lf.Attribute():
            return _plain(value.column)
        case lf.Aggregate(function=lf.Function.COUNT):
            return "count"
        case lf.Aggregate():
            return _plain(f"{_WORDS[value.function]}_{value.column}".replace("total_total", "total"))
        case lf.Fact():
            return _plain(value.key)
        case lf.DocumentProperty() | lf.LatestCommit() | lf.CodeMeasure():
            return _plain(value.name)
        case lf.Converted():
            return _plain(f"{_field_key(value.of).removesuffix(f'_{value.from_unit.lower()}')}_in_{value.unit}")
        case lf.LocalTime():
            return "local_time"
        case lf.Computed(operation=lf.Operation.SUM | lf.Operation.MEAN):
            word = "total" if value.operation is lf.Operation.SUM else "average"
            return f"{word}_{_field_key(value.operands[0])}".replace("total_total", "total")
        case lf.Computed(operation=lf.Operation.PRODUCT):
            return f"total_{_field_key(value.operands[0])}".replace("_per_unit", "")
        case _:
            return str(value.operation)


def _plain(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_").lower() or "value"


def _which(asker: Asker, value: Any) -> list[Any]:
    """Ask as well which row it is, where the question only describes it."""
    if not isinstance(value, lf.Attribute) or not asker.chance(0.6):
        return []
    entity, relation = value.entity, asker.relation(value.entity)
    if not relation.keys or (isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Literal)):
        return []
    name = relation.keys[-1]
    return [entity.key if isinstance(entity, lf.Keyed) and entity.column == name.name else attribute(entity, name)]


def _counted(asker: Asker) -> Reference:
    """A reference from rows that can be added up."""
    return asker.some(
        [r for r in asker.relations.references if r.source.measures and not _is_unique(r.column, r.source)]
    )


def _is_unique(column: WorldColumn, relation: Relation) -> bool:
    return column.distinct == relation.world_table.row_count


def _key_of(asker: Asker, reference: Reference) -> Any:
    """What a row is called, found where a document says it or in the row's own table."""
    mentions = [m for m in asker.relations.mentions if m.relation is reference.target and m.column is reference.key]
    if mentions and asker.chance(0.6):
        return said(asker.mention(mentions).fact, asker.relations)
    entity = asker.entity(reference.target, 1)
    if isinstance(entity, lf.Keyed) and entity.column == reference.key.name:
        if isinstance(entity.key, lf.Literal):
            raise Infeasible("nothing flows")
        return entity.key
    return lf.Attribute(entity, reference.key.name, reference.key.kind)


def _second_condition(asker: Asker, reference: Reference) -> lf.Condition:
    """Another condition on the same rows whose value is found elsewhere."""
    ways: list[Callable[[], lf.Condition]] = []
    others = [
        r for r in asker.relations.references if r.source is reference.source and r.column is not reference.column
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


def _one_of(asker: Asker, reference: Reference) -> lf.Condition:
    """Two things found apart, either of which will do."""
    first, second = _key_of(asker, reference), _key_of(asker, reference)
    if first == second or getattr(first, "path", "") == getattr(second, "path", " "):
        raise Infeasible("one thing twice")
    return lf.Condition(reference.column.name, lf.Operator.ONE_OF, lf.Several((first, second)))


def _other_reference(asker: Asker, reference: Reference) -> lf.Condition:
    value = _key_of(asker, reference)
    return lf.Condition(reference.column.name, lf.Operator.EQUAL, value)


def _other_mention(asker: Asker, mentions: Sequence[Any]) -> lf.Condition:
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


def _conditions(asker: Asker, relation: Relation) -> list[lf.Condition]:
    found = []
    if relation.categories and asker.chance(0.8):
        found.append(asker.category(relation))
    if relation.dates and asker.chance(0.2 if found else 0.8):
        found.append(asker.period(relation))
    if not found:
        raise Infeasible("no condition")
    return found


def _aggregates(
    asker: Asker, relation: Relation, where: tuple[lf.Condition, ...], *, adding: bool = False
) -> list[lf.Aggregate]:
    free = [c for c in relation.measures if not any(condition.column == c.name for condition in where)]
    column = asker.some([c for c in free if _adds_up(c)] if adding else free)
    additive = _adds_up(column)
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
    return [count, main] if asker.chance(0.3) else [main]


def _adds_up(column: WorldColumn) -> bool:
    return bool(_ADDITIVE & set(words(column.name))) and not _EACH & set(words(column.name))


def _zone(relation: Relation) -> bool:
    return any(column.kind is ValueKind.TIME_ZONE for column in relation.world_table.columns)


def _zone_column(relation: Relation) -> WorldColumn:
    return next(column for column in relation.world_table.columns if column.kind is ValueKind.TIME_ZONE)


def _operations(unit: str) -> tuple[lf.Operation, ...]:
    """What may be made of two values: temperatures and shares have no ratio, durations and the like no sum."""
    if dimension(unit) == "temperature" or unit == "percent":
        return (lf.Operation.DIFFERENCE,)
    if dimension(unit) == "mass" or dimension(unit).startswith("currency"):
        return (lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE, lf.Operation.SUM)
    return (lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE)


def _is_source(path: str) -> bool:
    return path.endswith(".py") and not path.rpartition("/")[2].startswith(("__", "test_"))


def _alike(one: str, other: str) -> bool:
    """Two labels end in the same telling word: old price, new price, unit_price_cad."""
    mine, yours = _last_word(one), _last_word(other)
    return mine == yours and len(mine) > 3  # noqa: PLR2004


def _last_word(label: str) -> str:
    parts = words(label)
    while len(parts) > 1 and unit_of_key("_".join(parts)) and not unit_of_key("_".join(parts[:-1])):
        parts = parts[:-1]
    return parts[-1] if parts else ""
