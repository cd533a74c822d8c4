"""Answer fields: evidence to values, values to types, schema, and the form that the prompt states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.synthesizer.domain.citing import cite
from services.synthesizer.domain.nouns import unit_words
from services.synthesizer.domain.sentences import FORMATS, NUMBER
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.explorations import ExecutedCall
from shared.model.logical_sources import CHANGED_FILE
from shared.model.tasks import FieldEvidence
from shared.model.values import ValueKind
from shared.proof.absence import CANNOT, FIELDS, MISSING, REASONS
from shared.proof.canonical import canonical, parse
from shared.proof.dates import read_date
from shared.proof.evidence import derive
from shared.proof.locators import text_of
from shared.proof.units import dimension

_NUMERIC = (ValueKind.NUMBER, ValueKind.QUANTITY)
_DECIMALS = {
    0: "rounded to a whole number",
    1: "to one decimal",
    2: "to two decimals",
    3: "to three decimals",
}
_LONGEST = 160
_SMALL = 12
_DAY_LENGTH = 10


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One field of the answer with its proof."""

    form: lf.Field
    evidence: FieldEvidence
    value: Any
    answer_type: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Its name."""
        return self.form.key

    @property
    def stated(self) -> str:
        """Unit, rounding and form, as the prompt states them."""
        kind = str(self.answer_type["type"])
        if getattr(self.form.value, "name", "") == CHANGED_FILE:
            return "path inside the repository"
        if kind not in ("number", "integer"):
            return FORMATS.get(kind, "")
        unit = unit_words(str(self.answer_type.get("unit", "")))
        if unit == "percent" and getattr(self.form.value, "operation", None) is lf.Operation.DIFFERENCE:
            unit = "percentage points"
        money = dimension(str(self.answer_type.get("unit", ""))).startswith("currency")
        # Nobody asks for decimals of something that has none, except of money.
        rounded = _DECIMALS.get(self.form.decimals, "") if money or self.value % 1 else ""
        return ", ".join(filter(None, (f"in {unit}" if unit else NUMBER, rounded)))

    @property
    def is_signed(self) -> bool:
        """Whether it says how far one thing lies above another."""
        return getattr(self.form.value, "operation", None) in (lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE)


def answer_field(
    form: lf.Field,
    citation: Mapping[str, Any],
    calls: Mapping[str, ExecutedCall],
    volatile: Mapping[str, Sequence[str]],
) -> AnswerField:
    """Cite, derive and type one field.

    Raises:
        Rejected: the value cannot be cited or derived, or is nothing to ask for.
    """
    evidence = cite(citation, calls, volatile)
    results = {call_id: call.result_json for call_id, call in calls.items()}
    value = derive(evidence, results)
    # Text in the result, number in the question: the step that reads it belongs into the evidence.
    if isinstance(value, str) and getattr(form.value, "kind", None) in _NUMERIC:
        evidence = replace(evidence, transforms_json=canonical([*parse(evidence.transforms_json), {"name": "number"}]))
        value = derive(evidence, results)
    # A day as people write it, `19 January 2026`, in a form of its own per company: the question asks for ISO 8601.
    if _is_day(value) and len(value) != _DAY_LENGTH:
        step = {"name": "date_part", "args": {"part": "date"}}
        evidence = replace(evidence, transforms_json=canonical([*parse(evidence.transforms_json), step]))
        value = derive(evidence, results)
    _refuse_nothing(value)
    return AnswerField(form, evidence, value, _typed(form, value))


def schema(fields: Sequence[AnswerField]) -> dict[str, Any]:
    """Write the JSON Schema of the answer."""
    if FIELDS & {field.key for field in fields}:
        raise Rejected("reserved_key", "a field is called as those of a refusal")
    kinds = {"number": "number", "integer": "number", "boolean": "boolean", "set": "array", "list": "array"}
    properties: dict[str, Any] = {}
    for field in fields:
        kind = kinds.get(str(field.answer_type["type"]), "string")
        items = {"items": {"type": "string"}} if kind == "array" else {}
        described = {"description": field.stated} if field.stated else {}
        properties[field.key] = {"type": kind, **items, **described}
    # In every schema, also where there is an answer: otherwise it would say which tasks have none.
    refusing = {CANNOT: {"type": "string", "enum": list(REASONS)}, MISSING: {"type": "string"}}
    return {
        "type": "object",
        "properties": {**properties, **refusing},
        "anyOf": [{"required": [field.key for field in fields]}, {"required": list(refusing)}],
        # Models that constrain their output to a schema would otherwise add keys.
        "additionalProperties": False,
    }


def is_guessable(fields: Sequence[AnswerField]) -> bool:
    """Tell whether a constant answer would often be right: nothing but booleans and small whole numbers."""
    return all(isinstance(f.value, bool) or (isinstance(f.value, int) and abs(f.value) <= _SMALL) for f in fields)


def _refuse_nothing(value: Any) -> None:
    if value is None or value in ("", [], {}):
        raise Rejected("no_citable_value", "the value is empty")
    if isinstance(value, dict) or (isinstance(value, str) and (len(value) > _LONGEST or "\n" in value)):
        raise Rejected("no_citable_value", "the value is too large to ask for")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Rejected("no_citable_value", "the value is not finite")
    # Programs write these where there is no value.
    if text_of(value).lower() in ("nan", "null", "none", "unknown", "n/a"):
        raise Rejected("no_citable_value", "the value says that there is none")


def _is_day(value: Any) -> bool:
    """Tell whether a value is a date without a time of day."""
    found = read_date(value) if isinstance(value, str) else None
    return found is not None and not isinstance(found, datetime)


def _typed(form: lf.Field, value: Any) -> dict[str, Any]:
    unit = getattr(form.value, "unit", "")
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | Decimal):
        kind = "integer" if isinstance(value, int) and form.decimals < 0 else "number"
        # One step of the last decimal asked for: a tool may have rounded before the agent does.
        tolerance = {"tolerance": str(Decimal(1).scaleb(-form.decimals))} if form.decimals >= 0 else {}
        return {"type": kind, **({"unit": unit} if unit else {}), **tolerance}
    if isinstance(value, list):
        return {"type": "set", "items": "string"}
    if isinstance(form.value, lf.LocalTime):
        return {"type": "time"}
    if read_date(value) is not None:
        return {"type": "date" if _is_day(value) else "datetime"}
    return {"type": "string"}
