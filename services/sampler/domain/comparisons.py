"""Families that compare: two rows, a document and a table, several documents, source files."""

import re
from collections.abc import Iterator
from typing import Any

from services.sampler.domain.asking import Asker, attribute, is_telling, said, told_columns
from services.sampler.domain.capabilities import Skill
from services.sampler.domain.framing import question
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Relation, is_whole, measures
from services.sampler.domain.selecting import adds_up, is_one_sort, opening
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.values import ValueKind
from shared.proof.arithmetic import as_number
from shared.proof.units import dimension, same_dimension, unit_of_key
from shared.proof.words import words

_TELLING_WORD = 4
_SINGLE_FILE, _TOLD = 0.5, 0.4
_DAY_LENGTH, _FROM_ROW = 10, 3
_LIMITED = frozenset(("limit", "maximum", "minimum", "temperature", "weight"))
_PLAIN_MEASURES = frozenset(("class_count", "function_count", "line_count"))
"""Measures of source files that everybody counts alike: averages and complexities are each program's own, and whether a
docstring is a line of code is anybody's guess."""
_BOUNDS = ("limit", "minimum", "maximum", "level", "order")
_OPPOSED = (
    ("old", "new"),
    ("previous", "new"),
    ("previous", "current"),
    ("before", "after"),
    ("planned", "actual"),
    ("agreed", "actual"),
    ("promised", "actual"),
    ("opening", "closing"),
)
"""Words that make one label the earlier of another."""


def comparison(asker: Asker) -> lf.Question:
    """Two rows compared in one measure."""
    relation = asker.some([r for r in asker.relations.relations if r.keys and any(measures(c) for c in r.attributes)])
    # Whole numbers without a unit are counts and codes, whose difference nobody asks for.
    column = asker.some([c for c in relation.measures if is_telling(c) and (c.unit or not is_whole(c))])
    first, second = _alike_rows(asker, relation)
    if first == second or column.name in told_columns(first) | told_columns(second):
        raise Infeasible("one row compared with itself")
    operation = asker.some(_operations(column.unit))
    operands = (attribute(first, column), attribute(second, column))
    unit = "percent" if operation is lf.Operation.PERCENT_CHANGE else column.unit
    form = lf.Computed(operation, operands, column.kind, unit)
    return question("comparison", [form], decimals={form: 2})


def _alike_rows(asker: Asker, relation: Relation) -> tuple[lf.Row, lf.Row]:
    """Two rows that the question names alike: both by name, or both by what documents of one sort say."""
    mentions = [m for m in asker.relations.mentions if m.relation is relation]
    if mentions and asker.chance(_TOLD):
        first = asker.some(mentions)
        second = asker.some([m for m in mentions if m.fact.path != first.fact.path and is_one_sort(asker, first, m)])
        return asker.mentioned(first), asker.mentioned(second)
    name = relation.keys[-1]
    first_text, second_text = asker.some(name.samples), asker.some(name.samples)
    return tuple(  # type: ignore[return-value]
        lf.Keyed(relation.table, name.name, lf.Literal(text, name.kind)) for text in (first_text, second_text)
    )


def said_against(asker: Asker) -> lf.Question:
    """What a document says compared with what a table, or the document itself, says of the same thing."""
    numeric = [f for f in asker.relations.facts if measures(f)]
    fact = asker.some(numeric)
    pairs: list[tuple[Any, Any, str]] = [
        (said(other, asker.relations), said(fact, asker.relations), fact.unit)
        for other in numeric
        if other.path == fact.path and other.unit == fact.unit and _is_pair(other.key, fact.key)
    ]
    for mention in asker.relations.mentions:
        if mention.fact.path == fact.path:
            entity = asker.mentioned(mention)
            columns = [
                c
                for c in mention.relation.measures
                if alike(c.name, fact.key) and c.unit == fact.unit and not agrees(fact, c)
            ]
            pairs += [(attribute(entity, c), said(fact, asker.relations), fact.unit) for c in columns]
    one, other, unit = asker.some(pairs)
    operation = asker.some(_operations(unit)[:2])
    # The fact drawn is the later of the two, so a change is counted towards it.
    operands = (one, other) if operation is lf.Operation.PERCENT_CHANGE else (other, one)
    form = lf.Computed(
        operation, operands, ValueKind.NUMBER, "percent" if operation is lf.Operation.PERCENT_CHANGE else unit
    )
    return question("said_against", [form], decimals={form: 2})


def limit_against(asker: Asker) -> lf.Question:
    """A document's limit against the extreme of what was measured."""
    fact = asker.some([f for f in asker.relations.facts if _is_physical(f.unit) and set(words(f.key)) & _LIMITED])
    relation, column, condition = asker.some(list(_measured(asker, fact)))
    function = lf.Function.MIN if "minimum" in words(fact.key) else lf.Function.MAX
    most = lf.Aggregate(relation.table, function, column.name, (condition,), column.kind, column.unit)
    told: lf.Form = said(fact, asker.relations)
    # Only what is measured in another unit is converted: a colleague thinks in the unit of the limit.
    measured: lf.Form = most if column.unit == fact.unit else lf.Converted(most, column.unit, fact.unit)
    form = lf.Computed(lf.Operation.DIFFERENCE, (measured, told), ValueKind.QUANTITY, fact.unit)
    return question("limit_against", [form], decimals={form: 2})


def _is_physical(unit: str) -> bool:
    """Tell whether a unit measures things: what a supplier asks for at least says nothing of what customers pay."""
    return bool(unit) and not dimension(unit).startswith("currency")


def _measured(asker: Asker, fact: WorldFact) -> Iterator[tuple[Relation, WorldColumn, lf.Condition]]:
    """Measures that the limit is about: of the rows that the same document, or the limit's own label, names."""
    for relation in asker.relations.relations:
        columns = [c for c in relation.measures if c.unit and same_dimension(c.unit, fact.unit)]
        for category in relation.categories if columns else ():
            values: list[lf.Form] = [
                said(m.fact, asker.relations)
                for m in asker.relations.category_mentions
                if m.fact.path == fact.path and m.column is category
            ]
            named = [sample for sample in category.samples if fact.key.startswith(f"{sample},")]
            values += [lf.Literal(sample, category.kind) for sample in named]
            for value in values:
                yield relation, asker.some(columns), lf.Condition(category.name, lf.Operator.EQUAL, value)


def two_documents(asker: Asker) -> lf.Question:
    """What two documents of one sort say under the same label, compared."""
    # Prices of two products say nothing about each other.
    numeric = [f for f in asker.relations.facts if measures(f) and "price" not in words(f.key)]
    fact = asker.some(numeric)
    first = opening(asker, fact.path)
    same = [f for f in numeric if f.key == fact.key and f.unit == fact.unit and f.path != fact.path]
    other = asker.some([f for f in same if first and opening(asker, f.path) == first])
    operands = tuple(said(f, asker.relations) for f in (fact, other))
    form = lf.Computed(lf.Operation.DIFFERENCE, operands, fact.kind, fact.unit)
    # The difference of whole numbers is whole, and needs no rounding.
    whole = all(re.fullmatch(r"\d+\D*", f.text) for f in (fact, other))
    return question("two_documents", [form], decimals={form: -1 if whole else 2})


def days_between(asker: Asker) -> lf.Question:
    """The days between two dates that belong together: of one document, or of the row that it names."""
    dates = [f for f in asker.relations.facts if f.kind is ValueKind.DATE and f.key.lower() != "date"]
    first = asker.some(dates)
    second: list[Any] = [
        said(other, asker.relations) for other in dates if other.path == first.path and other.key != first.key
    ]
    for mention in asker.relations.mentions:
        if mention.fact.path == first.path and all(k.kind is ValueKind.IDENTIFIER for k in mention.relation.keys):
            days = [c for c in mention.relation.dates if all(len(sample) == _DAY_LENGTH for sample in c.samples)]
            # More often from the row: two dates of one document need one call only.
            second += [attribute(asker.mentioned(mention), column) for column in days] * _FROM_ROW
    operands = (said(first, asker.relations), asker.some(second))
    form = lf.Computed(lf.Operation.DAYS_BETWEEN, operands, ValueKind.NUMBER, "day")
    return question("days_between", [form])


def code(asker: Asker) -> lf.Question:
    """Measures of source files, one or several averaged."""
    folder = asker.some(sorted({f.path.rpartition("/")[0] for f in asker.relations.world.files if _is_source(f.path)}))
    paths = sorted(
        f.path for f in asker.relations.world.files if _is_source(f.path) and f.path.rpartition("/")[0] == folder
    )
    names = code_measures(asker)
    if asker.chance(_SINGLE_FILE):
        path = asker.some(paths)
        asker.rng.shuffle(names)
        return question("code", [lf.CodeMeasure(path, name) for name in sorted(names[:3])])
    asker.rng.shuffle(paths)
    # A mean of means is no mean over the files.
    # Counts of lines: of functions or branches small files have so few that anybody guesses them.
    name = asker.some([name for name in names if set(words(name)) & {"line", "lines"} and "avg" not in words(name)])
    operands = tuple(lf.CodeMeasure(path, name) for path in sorted(paths[: asker.rng.randint(2, 3)]))
    if len(operands) == 1:
        raise Infeasible("only one file")
    operation = asker.some((lf.Operation.MEAN, lf.Operation.SUM))
    form = lf.Computed(operation, operands)
    return question("code", [form], decimals={form: -1 if operation is lf.Operation.SUM else 2})


def code_measures(asker: Asker) -> list[str]:
    """What tools were seen to measure; the usual names where none was: no probe registers a folder beforehand."""
    tools = asker.toolbox.having(Skill.MEASURE_CODE)
    numeric = (ValueKind.NUMBER, ValueKind.QUANTITY)
    seen = {o.key for ability in tools for o in ability.node.outputs if o.key and o.kind in numeric}
    # Before a tool was seen to measure, the plain names are tried: one that says none of them costs one draw.
    return sorted(seen & _PLAIN_MEASURES or _PLAIN_MEASURES) if tools else []


def _operations(unit: str, name: str = "") -> tuple[lf.Operation, ...]:
    """What may be made of two values: temperatures and shares have no ratio, prices and the like no sum."""
    if dimension(unit) == "temperature" or unit == "percent":
        return (lf.Operation.DIFFERENCE,)
    if name and unit and adds_up(name, unit):
        return (lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE, lf.Operation.SUM)
    return (lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE)


def _is_source(path: str) -> bool:
    return path.endswith(".py") and not path.rpartition("/")[2].startswith(("__", "test_"))


def alike(one: str, other: str) -> bool:
    """Two labels end in the same telling word: old price, new price, unit_price_cad."""
    mine, yours = _last_word(one), _last_word(other)
    # Two limits of different things end in the same word.
    if mine in _BOUNDS and words(one) != words(other):
        return False
    # Short words (`no`, `id`) end many labels.
    return mine == yours and len(mine) >= _TELLING_WORD


def _is_pair(one: str, other: str) -> bool:
    """Two labels of one document say the same of two things (`Cellar, humidity`), or of before and after."""
    (mine, _, my_part), (yours, _, your_part) = one.rpartition(","), other.rpartition(",")
    if mine and yours:
        return mine != yours and my_part.strip() == your_part.strip()
    before, after = words(one), words(other)
    return any(
        old in before and new in after and [w for w in before if w != old] == [w for w in after if w != new]
        for old, new in _OPPOSED
    )


def agrees(fact: WorldFact, column: WorldColumn) -> bool:
    """Tell whether the document's number stands in the column: then there is no difference to ask for."""
    said_number = as_number(fact.text)
    return any(as_number(sample) == said_number for sample in column.samples)


def _last_word(label: str) -> str:
    parts = words(label)
    while len(parts) > 1 and unit_of_key("_".join(parts)) and not unit_of_key("_".join(parts[:-1])):
        parts = parts[:-1]
    return parts[-1] if parts else ""
