"""Is the task well-formed: an answer schema that its ground truth meets, fields that have evidence, bounded calls?"""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from services.verifier.domain.case import Case
from shared.model.errors import Rejected
from shared.proof.canonical import parse, parse_canonical
from shared.proof.equality import TYPES
from shared.proof.plain import plain_json

MOST_CALLS = 40
"""No reference has more, whatever limits a task states."""


def no_answer_field(case: Case) -> str | None:
    """Refuse a task without answer fields, or whose fields and evidence are not the same."""
    if not case.truth:
        return "the ground truth has no field"
    cited = {field.field for field in case.task.evidence if field.sources}
    if cited != set(case.truth):
        return f"fields without evidence, or evidence without field: {', '.join(sorted(cited ^ set(case.truth)))}"
    return None


def bad_schema(case: Case) -> str | None:
    """Refuse an answer schema that is none, or that its ground truth does not meet; and fields without a type."""
    try:
        schema = parse(case.task.answer_schema_json)
        plain: Any = json.loads(plain_json(schema))
        truth = json.loads(plain_json(dict(case.truth)))
        types = parse_canonical(case.task.answer_types_json)
    except (Rejected, ValueError) as error:
        return f"answer schema or answer types are not JSON: {error}"
    if not isinstance(plain, dict) or plain.get("type") != "object":
        return "the answer schema does not describe an object"
    if untyped := sorted(name for name in case.truth if not _is_type(types, name)):
        return f"fields without an answer type: {', '.join(untyped)}"
    try:
        Draft202012Validator.check_schema(plain)
        # An empty registry: a schema that refers to an address must not make the verifier fetch it.
        problem = next(iter(Draft202012Validator(plain, registry=Registry()).iter_errors(truth)), None)
    except (SchemaError, Unresolvable, re.error) as error:
        return f"the answer schema is no schema: {str(error)[:200]}"
    return f"the ground truth does not meet the answer schema: {problem.message[:200]}" if problem else None


def failed_call(case: Case) -> str | None:
    """Refuse a reference with a failed call."""
    for call in case.task.reference:
        if call.is_error:
            return f"call {call.call_id} ({call.tool}) failed"
    return None


def too_many_calls(case: Case) -> str | None:
    """Refuse a reference that its own limits forbid."""
    count, limit = len(case.task.reference), min(case.task.limits.max_calls, MOST_CALLS)
    if not count:
        return "the reference has no call"
    return f"the reference has {count} calls, {limit} are allowed" if count > limit else None


def _is_type(types: Any, name: str) -> bool:
    declared = types.get(name) if isinstance(types, dict) else None
    return isinstance(declared, dict) and declared.get("type") in TYPES
