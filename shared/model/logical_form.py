"""The logical form: what a question means, apart from words and tools (`docs/logical-form.md`).

Values are expressions over sources of a world; the sampler draws them, the synthesizer puts them into words, and an
evaluator that knows neither can compute them. JSON is `{"is": "<name>", ...fields}` all the way down.
"""

import dataclasses
import re
import typing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.model.logical_changes import Change as Change
from shared.model.logical_changes import Line as Line
from shared.model.logical_changes import Note as Note
from shared.model.logical_sources import BranchValue as BranchValue
from shared.model.logical_sources import CodeMeasure as CodeMeasure
from shared.model.logical_sources import Commit as Commit
from shared.model.logical_sources import DocumentProperty as DocumentProperty
from shared.model.logical_sources import Fact as Fact
from shared.model.logical_sources import FileMeasure as FileMeasure
from shared.model.logical_sources import FileNames as FileNames
from shared.model.logical_sources import LatestCommit as LatestCommit
from shared.model.logical_terms import Direction as Direction
from shared.model.logical_terms import Function as Function
from shared.model.logical_terms import Operation as Operation
from shared.model.logical_terms import Operator as Operator
from shared.model.values import ValueKind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with named columns."""

    path: str
    name: str
    format: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value the question itself states."""

    text: str
    kind: ValueKind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Several:
    """Two or more values, none of them twice."""

    of: tuple["Form", ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose column compares so."""

    column: str
    operator: Operator
    value: "Form"


@dataclass(frozen=True, slots=True)
class Keyed:
    """The one row whose key column holds the value."""

    table: Table
    column: str
    key: "Form"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The one row with the highest or lowest value among those that meet the conditions."""

    table: Table
    column: str
    direction: Direction
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of one row."""

    entity: "Row"
    column: str
    kind: ValueKind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SheetValue:
    """A column of the one row whose column `by` holds the key, on the sheet that a value names."""

    tables: tuple[Table, ...]
    """The sheets it may be, alike in their columns."""
    sheet: "Form"
    by: str
    key: "Form"
    column: str
    kind: ValueKind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value made of all rows that meet the conditions."""

    table: Table
    function: Function
    column: str
    """Empty for a count of rows."""
    where: tuple[Condition, ...] = ()
    kind: ValueKind = ValueKind.NUMBER
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """A quantity in another unit."""

    of: "Form"
    from_unit: str
    unit: str
    kind: ValueKind = ValueKind.QUANTITY


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What clocks in one zone show when they show `time` in another, on the day the question is asked."""

    time: str
    from_zone: "Form"
    to_zone: "Form"
    kind: ValueKind = ValueKind.TIME
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """Arithmetic over single values."""

    operation: Operation
    operands: tuple["Form", ...]
    kind: ValueKind = ValueKind.NUMBER
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a call was told under one name: a literal that the question states, or a result of an earlier call."""

    name: str
    value: "Form"


@dataclass(frozen=True, slots=True)
class Result:
    """What is said under a key when that is asked about: only replaying the call evaluates it."""

    given: tuple[Given, ...]
    key: str
    kind: ValueKind
    unit: str = ""
    row: str = ""
    """What the record is called in which the value stands, where several have the key."""


@dataclass(frozen=True, slots=True)
class Field:
    """One answer field; `decimals` of -1 means as it stands."""

    key: str
    value: "Form"
    decimals: int = -1


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as one purpose."""

    family: str
    fields: tuple[Field, ...]
    missing: "Form | None" = None
    """Inside the fields: what the place that they look in says nothing about, where nothing can be answered."""
    twin: "Form | None" = None
    """With this for what is missing, the same question has an answer."""
    change: Change | None = None
    """What is asked to be changed as well."""


Form = (
    Literal
    | Several
    | Keyed
    | Extreme
    | Attribute
    | SheetValue
    | Aggregate
    | Fact
    | DocumentProperty
    | LatestCommit
    | CodeMeasure
    | Commit
    | FileMeasure
    | FileNames
    | BranchValue
    | Converted
    | LocalTime
    | Computed
    | Result
)
Row = Keyed | Extreme
# From the union itself, so that a form that is added can be read at once.
_RECORDS: dict[str, Any] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", record.__name__).lower(): record
    for record in (*typing.get_args(Form), Note, Line, Table, Condition, Given, Field, Question)
}
_NAMES = {record: name for name, record in _RECORDS.items()}


def to_json(form: Any) -> Any:
    """Write a form as plain JSON values; what equals its default is left out."""
    if isinstance(form, tuple):
        return [to_json(item) for item in form]
    if type(form) not in _NAMES:
        return str(form) if isinstance(form, StrEnum) else form
    fields = {field.name: getattr(form, field.name) for field in dataclasses.fields(form)}
    defaults = {field.name: field.default for field in dataclasses.fields(form)}
    # Defaults are left out so that a new field with a default changes no task's id.
    return {"is": _NAMES[type(form)]} | {
        name: to_json(value) for name, value in fields.items() if value != defaults[name]
    }


def from_json(value: Any) -> Any:
    """Read a form back; raises ValueError when it is none."""
    if isinstance(value, list):
        return tuple(from_json(item) for item in value)
    if not isinstance(value, dict):
        return value
    record = _RECORDS.get(value.get("is", ""))
    if record is None:
        raise ValueError(f"not a logical form: {value.get('is')!r}")
    # Plain types here, not texts: this module must not import annotations from `__future__`.
    types = {field.name: field.type for field in dataclasses.fields(record)}
    given = {name: _member(types.get(name), from_json(item)) for name, item in value.items() if name != "is"}
    try:
        return record(**given)
    except TypeError as error:
        raise ValueError(f"not a logical form: {error}") from error


def parts(form: Any) -> tuple[Any, ...]:
    """List the forms directly inside a form."""
    inner: list[Any] = []
    for field in dataclasses.fields(form):
        value = getattr(form, field.name)
        inner.extend(item for item in (value if isinstance(value, tuple) else (value,)) if type(item) in _NAMES)
    return tuple(inner)


def replaced(form: Any, old: Any, new: Any) -> Any:
    """Put a form in the place of another, wherever that stands inside a form."""
    if form == old:
        return new
    if isinstance(form, tuple):
        return tuple(replaced(item, old, new) for item in form)
    if type(form) not in _NAMES:
        return form
    return dataclasses.replace(
        form, **{field.name: replaced(getattr(form, field.name), old, new) for field in dataclasses.fields(form)}
    )


def twin_of(question: Question) -> Question:
    """The question of the same words that has an answer; the question itself where nothing is missing."""
    if question.missing is None:
        return question
    return Question(question.family, replaced(question.fields, question.missing, question.twin))


def walk(form: Any) -> tuple[Any, ...]:
    """List a form and everything inside it, outermost first."""
    return (form, *(inner for part in parts(form) for inner in walk(part)))


def _member(kind: Any, value: Any) -> Any:
    return kind(value) if isinstance(kind, type) and issubclass(kind, StrEnum) else value
