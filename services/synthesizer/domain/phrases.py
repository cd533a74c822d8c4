"""Noun phrases for logical forms: what a value, a row, a condition is called."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from services.synthesizer.domain import conditions as hung
from services.synthesizer.domain import mentions, nouns
from services.synthesizer.domain import vocabulary as voc
from services.synthesizer.domain.code_phrases import CODE_FORMS, COMMITS, code_value, commit
from services.synthesizer.domain.measures import of
from services.synthesizer.domain.referring import PERSON, Known, identity
from services.synthesizer.domain.sources import aside
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.words import words

_DAYS = {lf.Operator.SINCE: "on or after", lf.Operator.BEFORE: "before"}
_FUNCTIONS = {"sum": "total", "mean": "average", "min": "lowest", "max": "highest"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Words one question; `named` are tables that must be named, `keys` the naming columns of each."""

    keys: Mapping[lf.Table, tuple[str, ...]]
    named: Collection[lf.Table] = ()
    either: bool = False
    """Differences are asked for as `above or below`: the answer may be negative."""
    known: Known = field(default_factory=Known)
    """What the text spoke of before."""
    things: Mapping[str, str] = field(default_factory=dict)
    """What a document names, by its path, where all of its labels that lead on mean one thing."""

    def source(self, table: lf.Table) -> str:
        """Name where a table stands, where the question would be open without it; empty elsewhere."""
        if table.format == "xlsx" and table in self.named:
            return f"under “{table.name}” in {nouns.book(table.path)}"
        return f"in {nouns.listing(table.path, table.name, table.format)}" if table in self.named else ""

    def noun(self, table: lf.Table) -> str:
        """What one row of a table is."""
        return nouns.row_noun(next(iter(self.keys.get(table, ())), ""), table.name)

    def row(self, entity: lf.Row) -> str:
        """Name a row."""
        if isinstance(entity, lf.Extreme):
            return self.known.of(entity) or self._extreme(entity)
        if not isinstance(entity.key, lf.Literal):
            return self.who(entity.key, entity.table, entity.column)
        noun, text = self.noun(entity.table), entity.key.text
        # People and companies are called by their names, not "the employee Ada Nnadi".
        if noun in ("supplier", "employee") and entity.key.kind is not ValueKind.IDENTIFIER:
            return text
        if noun in voc.UNITS_OF_PEOPLE:
            return f"the {text} {noun}"
        return f"{noun} {text}" if entity.key.kind is ValueKind.IDENTIFIER else f"the {noun} {text}"

    def value(self, form: Any) -> str:
        """Name a value."""
        namers: Mapping[type, Callable[[Any], str]] = {
            lf.Attribute: self._attribute,
            lf.Aggregate: self._aggregate,
            lf.SheetValue: self._placed,
            lf.Converted: lambda form: f"{self.value(form.of)} in {nouns.unit_words(form.unit)}",
            lf.Computed: lambda form: " and ".join(self.value(operand) for operand in form.operands),
        }
        if isinstance(form, CODE_FORMS):
            return code_value(self, form)
        return namers.get(type(form), _stated_by)(form)

    def who(self, form: Any, table: lf.Table, column: str) -> str:
        """Name the row that a computed key stands for."""
        return self.known.of(self.thing(form, table, column)) or self._new(form, table, column)

    def _new(self, form: Any, table: lf.Table, column: str) -> str:
        noun = self._named_by(table, column)
        match form:
            case lf.Fact():
                role = self.things.get(form.path) or self.role(form.key, table, column)
                return mentions.named(role, nouns.document(form.path, form.title, form.dated))
            case lf.LatestCommit() | lf.Commit():
                return f"whoever made {commit(self, form)}"
            case lf.DocumentProperty() if form.name.lower() in ("author", "creator"):
                return f"whoever wrote {nouns.document(form.path, form.title, form.dated)}"
            case lf.Attribute() if form.column in self.keys.get(form.entity.table, ()):
                return self.row(form.entity)
            case lf.Attribute():
                return self._belonging(form.entity, nouns.role(form.column, noun))
            case _:
                return self.value(form)

    def _belonging(self, entity: lf.Row, role: str) -> str:
        """Name what somebody or something is to a row: the customer who placed it, its supplier."""
        if owner := self.known.owner(self.thing_of(entity)):
            return f"{owner} {role}"
        placed = role == "customer" and self.noun(entity.table) == "order"
        return f"the customer who placed {self.row(entity)}" if placed else f"the {role} of {self.row(entity)}"

    def role(self, column: str, table: lf.Table, key: str) -> str:
        """What the row that a column or label names is to what names it."""
        noun = self._named_by(table, key)
        # `Checked by` is no noun: it is the colleague under that label.
        if noun == "employee" and words(column)[-1:] == ("by",):
            return f"{PERSON}{mentions.UNDER}“{column.replace('_', ' ')}”"
        return nouns.role(column, noun)

    def thing(self, form: Any, table: lf.Table, column: str) -> Any:
        """What a computed key stands for, apart from how it is found: number and name are one thing."""
        if isinstance(form, lf.Attribute) and form.column in self.keys.get(form.entity.table, ()):
            return self.thing_of(form.entity)
        # Whoever made a commit is not that commit.
        if isinstance(form, COMMITS):
            return (PERSON, identity(form))
        return identity(form, self.called(form, table, column) if isinstance(form, lf.Fact) else "")

    def thing_of(self, entity: lf.Row) -> Any:
        """The thing that a row is about."""
        if isinstance(entity, lf.Extreme) or isinstance(entity.key, lf.Literal):
            return identity(entity)
        return self.thing(entity.key, entity.table, entity.column)

    def called(self, form: Any, table: lf.Table, column: str) -> str:
        """What a thing is called once it is known: product, supplier, colleague."""
        noun = self._named_by(table, column)
        match form:
            case lf.Fact() if form.path in self.things:
                return PERSON if noun == "employee" else self.things[form.path]
            case lf.Fact():
                # Number, name and goods of one letter are one product.
                known = noun in voc.ROWS.values() or nouns.plural(noun) in voc.PLURALS
                role = self.role(form.key, table, column).partition(mentions.UNDER)[0]
                return (PERSON if noun == "employee" else noun) if known else role
            case lf.Attribute() if form.column not in self.keys.get(form.entity.table, ()):
                return nouns.role(form.column, noun)
            case lf.LatestCommit() | lf.Commit() | lf.DocumentProperty():
                return PERSON
        return noun

    def rows(self, form: lf.Aggregate) -> str:
        """Name the rows that a value is made of."""
        listed = aside(self.source(form.table))
        return nouns.plural(self.noun(form.table)) + self.where(form.where, form.table) + listed

    def where(self, conditions: Sequence[lf.Condition], table: lf.Table) -> str:
        """Say which rows are meant, as phrases that follow a plural noun."""
        if any(not isinstance(condition.value, lf.Literal) for condition in conditions):
            # Behind "the customer who placed order 17" a stated day would be that order's.
            conditions = sorted(
                conditions, key=lambda c: c.operator not in _DAYS or not isinstance(c.value, lf.Literal)
            )
        said = [self._condition(condition, table) for condition in conditions]
        for index, (one, other) in enumerate(pairwise(conditions), start=1):
            # Two bounds of one date are a period: "ordered on or after ... and before ...".
            if one.column == other.column and one.operator in _DAYS and other.operator in _DAYS:
                said[index] = f"and {_DAYS[other.operator]} {self._moment(other.value)}"
        return "".join(f" {phrase}" for phrase in said)

    def made(self, form: lf.Aggregate) -> str:
        """Name what is made of the rows: total value, average weight."""
        name = nouns.summed(form.column) if form.function is lf.Function.SUM else nouns.humane(form.column)
        return f"{_FUNCTIONS[form.function]} {name}"

    def _named_by(self, table: lf.Table, column: str) -> str:
        """What a value of a column names: a row of this table where it is a key, else what the column says."""
        return self.noun(table) if column in self.keys.get(table, ()) else nouns.row_noun(column, "")

    def _extreme(self, entity: lf.Extreme) -> str:
        noun = self.noun(entity.table)
        adjective, fits = nouns.degree(entity.column, entity.direction, noun)
        among = self.where(entity.where, entity.table)
        if fits:
            return f"the {adjective} {noun}{among}"
        what = f"with the {adjective} {nouns.humane(entity.column)}"
        if any(not isinstance(condition.value, lf.Literal) for condition in entity.where):
            # Behind "of that expert", the most files would be the expert's.
            return f"the {noun} {what} among the {nouns.plural(noun)}{among}"
        return f"the {noun}{among} {what}"

    def _attribute(self, form: lf.Attribute) -> str:
        source, name = aside(self.source(form.entity.table)), asked(form)
        if owner := self.known.owner(self.thing_of(form.entity)):
            return f"{owner} {name}{source}"
        return f"the {name} {of(name)} {self.row(form.entity)}{source}"

    def _aggregate(self, form: lf.Aggregate) -> str:
        if form.function is lf.Function.COUNT:
            return f"the number of {self.rows(form)}"
        linked = "of all" if form.function is lf.Function.SUM else "among the"
        return f"the {self.made(form)} {linked} {self.rows(form)}"

    def _placed(self, form: lf.SheetValue) -> str:
        """Name a value by its row and by what the sheet is called after: count of the product at the site."""
        table = form.tables[0]
        row, sheet = self.who(form.key, table, form.by), self.who(form.sheet, table, "site")
        things = counted(form.column)
        what = f"number of {things} counted for" if things else f"{nouns.humane(form.column)} of"
        return f"the {what} {row} at {sheet}{aside(f'in {nouns.book(table.path)}')}"

    def _condition(self, condition: lf.Condition, table: lf.Table) -> str:
        column, value = nouns.humane(condition.column), condition.value
        if condition.operator in _DAYS:
            return f"{hung.dated(condition.column, self.noun(table))} {_DAYS[condition.operator]} {self._moment(value)}"
        preposition = hung.preposition(condition.column)
        if isinstance(value, lf.Several):
            either = self._either(value, table, condition.column)
            return f"{preposition} {either}" if preposition else hung.belonging(condition.column, either)
        if condition.operator is not lf.Operator.EQUAL:
            word = "over" if condition.operator is lf.Operator.OVER else "under"
            return f"with {nouns.article(column)} {word} {self.value(value)}"
        if isinstance(value, lf.Literal):
            return hung.stated(condition.column, value)
        # A column that is a key there names that row; any other is only shared with it.
        known = bool(preposition or self.known.nouns) or hung.is_numbered(condition.column)
        if not known and isinstance(value, lf.Attribute) and self._is_shared(value, condition.column):
            return hung.same(column, self.row(value.entity))
        named = self.who(value, table, condition.column)
        return f"{preposition} {named}" if preposition else hung.belonging(condition.column, named)

    def _is_shared(self, value: lf.Attribute, column: str) -> bool:
        return value.column == column and column not in self.keys.get(value.entity.table, ())

    def _either(self, value: lf.Several, table: lf.Table, column: str) -> str:
        """Name several things; what documents say under one label is named together."""
        told = [one for one in value.of if isinstance(one, lf.Fact)]
        if len(told) == len(value.of) and len({one.key for one in told}) == 1:
            places = nouns.listed([nouns.document(one.path, one.title, one.dated) for one in told])
            return f"the {nouns.plural(self.role(told[0].key, table, column))} named in {places}"
        return " or ".join(self.who(one, table, column) for one in value.of)

    def _moment(self, value: Any) -> str:
        return nouns.day(value.text) if isinstance(value, lf.Literal) else self.value(value)


def _stated_by(form: Any) -> str:
    """Name what the question itself, a document, a commit or a file says."""
    match form:
        case lf.Fact():
            return mentions.given(labelled(form), nouns.document(form.path, form.title, form.dated))
        case lf.DocumentProperty():
            return f"the {nouns.label(form.name)} of {nouns.document(form.path, form.title, form.dated)}"
        case lf.Literal():
            return form.text
    # A form without words is a bug of ours, not an exploration at fault: better loud than half a sentence.
    raise TypeError(f"no words for {type(form).__name__}")


def labelled(form: lf.Fact) -> str:
    """Name what stands under a label, without an article; dates are called dates."""
    if form.kind is not ValueKind.DATE or "date" in form.key.lower():
        name = _limited(nouns.label(form.key), form.title)
        return f"number of {name}" if form.kind is ValueKind.NUMBER and nouns.is_plural(name) else name
    loose = form.key.lower().endswith((" on", " from", " to", " by", " until"))
    return f"“{form.key}” date" if loose else f"{nouns.label(form.key)} date"


def _limited(label: str, title: str) -> str:
    """Call a limit a limit where only the title of its page says so: temperature limit for Cold Store."""
    measure, linked, thing = label.partition(" for ")
    is_limit = {"limit", "limits"} & set(words(title)) and linked and not {"limit", "limits"} & set(words(label))
    return f"{measure} limit for {thing}" if is_limit else label


def measured(column: str, table: lf.Table) -> str:
    """Name a column; a month of the sheet `Budget` is the budget of that month."""
    name = nouns.humane(column)
    return f"{name.removesuffix('figure')}{table.name.lower()}" if _is_month(name) and table.name.isalpha() else name


def asked(form: lf.Attribute) -> str:
    """What a cell is asked for as: of what is counted, the number."""
    name = measured(form.column, form.entity.table)
    counts = form.kind in (ValueKind.NUMBER, ValueKind.QUANTITY) and not form.unit
    return f"number of {name}" if counts and nouns.is_plural(name) else name


def counted(column: str) -> str:
    """What a column of counts has counted: files, packs; empty where it does not say."""
    named = words(nouns.humane(column))
    return " ".join(named[:-1]) if named[-1:] == ("counted",) else ""


def _is_month(name: str) -> bool:
    return name.endswith(" figure")
