"""Noun phrases for logical forms: what a value, a row, a condition is called."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.synthesizer.domain import nouns
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.words import words

_BY_ROLE = (
    (frozenset({"customer", "account", "client"}), "by"),
    (frozenset({"sku", "product", "article", "item"}), "for"),
    (frozenset({"supplier", "vendor", "supplied"}), "from"),
    (frozenset({"region", "territory", "country"}), "in"),
    (frozenset({"site", "location", "room", "store"}), "at"),
    (frozenset({"sensor", "probe"}), "by"),
)
_DAYS = {lf.Operator.SINCE: "on or after", lf.Operator.BEFORE: "before"}
_IDS = frozenset({"id", "no", "number", "code", "sku", "article"})


@dataclass(frozen=True, slots=True)
class Speaker:
    """Words one question; `named` are the tables that must be named by file, `keys` the naming columns of each table."""

    keys: Mapping[lf.Table, tuple[str, ...]]
    named: Collection[lf.Table] = ()

    def row(self, entity: lf.Keyed | lf.Extreme) -> str:
        """Name a row, with the file where it matters."""
        described = self._row(entity)
        return described if isinstance(entity, lf.Keyed) else described + self.source(entity.table)

    def source(self, table: lf.Table) -> str:
        """Name the file of a table where the question would be open without it."""
        if table.format == "xlsx":
            return f" on the “{table.name}” sheet of {table.path}"
        return f" in {table.path}" if table in self.named else ""

    def noun(self, table: lf.Table) -> str:
        """What one row of a table is."""
        return nouns.row_noun(next(iter(self.keys.get(table, ())), ""), table.name)

    def value(self, form: Any) -> str:
        """Name a value."""
        match form:
            case lf.Literal():
                return form.text
            case lf.Attribute():
                return self._attribute(form)
            case lf.Aggregate():
                return self._aggregate(form)
            case lf.Fact():
                return f"the {_label(form.key)} given in {nouns.document(form.path, form.title, form.dated)}"
            case lf.DocumentProperty():
                return f"the {_label(form.name)} of {nouns.document(form.path, form.title, form.dated)}"
            case lf.LatestCommit():
                return f"the {_label(form.name)} of the latest commit in {nouns.repository(form.path)}"
            case lf.CodeMeasure():
                return f"the {nouns.humane(form.name)} of {form.path}"
            case lf.Converted():
                return f"{self.value(form.of)} in {nouns.unit_words(form.unit)}"
            case _:
                return self._computed(form)

    def who(self, form: Any, table: lf.Table, column: str) -> str:
        """Name the row that a computed key stands for."""
        noun = nouns.row_noun(column, table.name)
        match form:
            case lf.Fact():
                role = _role(form.key, noun)
                return f"the {role} named in {nouns.document(form.path, form.title, form.dated)}"
            case lf.DocumentProperty():
                return f"the {_label(form.name)} of {nouns.document(form.path, form.title, form.dated)}"
            case lf.LatestCommit():
                return f"whoever made the latest commit in {nouns.repository(form.path)}"
            case lf.Attribute() if form.column in self.keys.get(form.entity.table, ()):
                return self.row(form.entity)
            case lf.Attribute():
                return f"the {_role(form.column, noun)} of {self.row(form.entity)}"
            case _:
                return self.value(form)

    def role(self, column: str, table: lf.Table, key: str) -> str:
        """What the row that a column names is to the row it stands in."""
        return _role(column, nouns.row_noun(key, table.name))

    def where(self, conditions: Sequence[lf.Condition], table: lf.Table) -> str:
        """Say which rows are meant, as phrases that follow a plural noun."""
        return "".join(f" {self._condition(condition, table)}" for condition in conditions)

    def _row(self, entity: lf.Keyed | lf.Extreme) -> str:
        if isinstance(entity, lf.Extreme):
            noun, (adjective, fits) = self.noun(entity.table), nouns.degree(entity.column, entity.direction)
            among = self.where(entity.where, entity.table)
            if fits:
                return f"the {adjective} {noun}{among}"
            return f"the {noun}{among} with the {adjective} {nouns.humane(entity.column)}"
        if not isinstance(entity.key, lf.Literal):
            return self.who(entity.key, entity.table, entity.column)
        noun = self.noun(entity.table)
        if entity.key.kind is ValueKind.IDENTIFIER or noun not in ("supplier", "employee"):
            return (
                f"{noun} {entity.key.text}"
                if entity.key.kind is ValueKind.IDENTIFIER
                else f"the {noun} {entity.key.text}"
            )
        return entity.key.text

    def _attribute(self, form: lf.Attribute) -> str:
        row = self.row(form.entity)
        source = self.source(form.entity.table) if isinstance(form.entity, lf.Keyed) else ""
        name = nouns.humane(form.column) + (f" listed{source}" if source else "")
        return f"the {name} of {row}"

    def _aggregate(self, form: lf.Aggregate) -> str:
        rows = nouns.plural(self.noun(form.table)) + self.where(form.where, form.table) + self.source(form.table)
        if form.function is lf.Function.COUNT:
            return f"the number of {rows}"
        word = {"sum": "total", "mean": "average", "min": "lowest", "max": "highest"}[form.function]
        name = summed(form.column) if word == "total" else nouns.humane(form.column)
        return f"the {word} {name} of all {rows}" if word == "total" else f"the {word} {name} among {rows}"

    def _computed(self, form: lf.Computed) -> str:
        first, *rest = (self.value(operand) for operand in form.operands)
        second = rest[0] if rest else ""
        match form.operation:
            case lf.Operation.DIFFERENCE:
                return f"the difference when {second} is subtracted from {first}"
            case lf.Operation.RATIO:
                return f"{first} divided by {second}"
            case lf.Operation.PERCENT_CHANGE:
                return f"the percentage change from {first} to {second}"
            case lf.Operation.PERCENT_OF:
                return f"{first} of {second}"
            case lf.Operation.PRODUCT:
                return f"{first} multiplied by {second}"
            case _:
                word = "average" if form.operation is lf.Operation.MEAN else "sum"
                return f"the {word} of {listed([first, *rest])}"

    def _condition(self, condition: lf.Condition, table: lf.Table) -> str:
        column = nouns.humane(condition.column)
        if condition.operator in _DAYS:
            if isinstance(condition.value, lf.Literal):
                return f"dated {_DAYS[condition.operator]} {nouns.day(condition.value.text)}"
            return f"dated {_DAYS[condition.operator]} {self.value(condition.value)}"
        if isinstance(condition.value, lf.Several):
            return f"{_preposition(condition.column) or f'whose {column} is'} either {self._either(condition, table)}"
        if condition.operator is not lf.Operator.EQUAL:
            word = "over" if condition.operator is lf.Operator.OVER else "under"
            return f"with {nouns.article(column)} {word} {self.value(condition.value)}"
        role = _preposition(condition.column)
        if isinstance(condition.value, lf.Literal):
            return _stated(role, column, condition)
        who = self.who(condition.value, table, condition.column)
        return f"{role or f'whose {column} is'} {who}"

    def _either(self, condition: lf.Condition, table: lf.Table) -> str:
        values = condition.value.of if isinstance(condition.value, lf.Several) else ()
        return " or ".join(self.who(value, table, condition.column) for value in values)


def _preposition(column: str) -> str:
    return next((preposition for named, preposition in _BY_ROLE if named & set(words(column))), "")


def summed(column: str) -> str:
    """What is added up: a total of orders is their value."""
    name = nouns.humane(column)
    return "value" if name in ("total", "amount") else name.removeprefix("total ").removesuffix(" total")


def listed(items: Sequence[str]) -> str:
    """Join phrases with commas and `and`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _stated(role: str, column: str, condition: lf.Condition) -> str:
    text = condition.value.text if isinstance(condition.value, lf.Literal) else ""
    if role == "in" and "country" not in column:
        return f"in the {text} {column.split()[-1]}"
    if role:
        return f"{role} {text}"
    if re.search("category|group|type|department|team", column):
        return f"in the {text} {column}"
    return f"with {column} {text}"


def _label(key: str) -> str:
    """A document's label inside a sentence: only its first letter changes, abbreviations stay."""
    text = key.replace("_", " ")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _role(name: str, noun: str) -> str:
    """What somebody or something is to the row or document that names it."""
    label = _label(nouns.humane(name))
    return noun if set(words(name)) & _IDS else label
