"""Is the task well-formed: an answer schema that its ground truth meets, fields that have evidence, bounded calls?"""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from services.verifier.domain.case import Case
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.absence import CANNOT, FIELDS, MISSING, REASONS, is_refusal
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


def bad_refusal(case: Case) -> str | None:
    """Refuse a refusal of which one half is missing, or whose name is not the one that was looked for in vain."""
    refuses, question = is_refusal(case.truth), _question(case)
    if not FIELDS & set(case.truth) and (question is None or question.missing is None):
        return None
    if not refuses or case.truth[CANNOT] not in REASONS or question is None or question.missing is None:
        return "either the answer or the logical form refuses, or the reason is none"
    cited = {field.field: field for field in case.task.evidence}
    absent, named = cited[CANNOT], cited[MISSING]
    steps = parse(absent.transforms_json)
    if not isinstance(steps, list) or [step.get("name") for step in steps if isinstance(step, dict)] != ["absence"]:
        return "that something is missing is shown by `absence` alone"
    # Else rows that lack one name could prove that another is missing.
    if absent.sources[1:] != named.sources or parse(named.transforms_json or "[]") != []:
        return "what is named is not what was looked for"
    return None


def _question(case: Case) -> lf.Question | None:
    try:
        form = lf.from_json(parse(case.task.logical_form_json or "{}"))
    except (ValueError, Rejected):
        return None
    return form if isinstance(form, lf.Question) else None


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
