"""Arguments as an agent wrote them: read strictly, validated against the tool's schema, coerced where it says how."""

import functools
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
import referencing
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from referencing.exceptions import Unresolvable

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse
from shared.proof.plain import plain_json
from shared.proof.schemas import object_schema, of_type, read_schema, resolve

MAX_CHARS = 1_000_000
MAX_DEPTH = 64
_MESSAGE_CHARS = 300
_INT_DIGITS = 4000
_ERRORS = 20
_UNUSABLE = (
    re.error,
    Unresolvable,
    RecursionError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)
"""What a validator raises over a schema that only looks like one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call cannot be made: a stable code, a sentence for the agent, the violated part of the schema."""

    code: str
    text: str
    schema_path: str = ""


def read_arguments(text: str) -> dict[str, Any] | Fault:
    """Read an agent's arguments for validation; no text at all means no arguments."""
    if len(text) > MAX_CHARS:
        return Fault("arguments_too_large", f"The arguments are longer than {MAX_CHARS:,} characters.")
    if _depth(text) > MAX_DEPTH:
        return Fault("arguments_too_deep", f"The arguments are nested deeper than {MAX_DEPTH} levels.")
    try:
        value = _DECODER.decode(text if text.strip() else "{}")
    except _DuplicateKeyError as error:
        return Fault("duplicate_key", f"The arguments name {error.key!r:.100} twice.")
    except ValueError as error:
        return Fault("not_json", f"The arguments are not JSON: {error!s:.200}.")
    if not isinstance(value, dict):
        return Fault("not_an_object", "The arguments must be one JSON object.")
    return value


def check_arguments(arguments: Mapping[str, Any], input_schema_json: str) -> Fault | None:
    """Validate against the tool's schema in its own draft; a schema that is none admits everything."""
    validator = _validator(input_schema_json)
    if validator is None:
        return None
    try:
        # A few errors only: a schema of hundreds of branches times a list of thousands would be checked to the end.
        error = best_match(itertools.islice(validator.iter_errors(arguments), _ERRORS))
    # Strangers' schemas refer to what is not there and hold
    # patterns that are none; the server itself accepts such calls.
    except _UNUSABLE:
        return None
    return _fault(error) if error else None


def coerced_arguments(text: str, input_schema_json: str) -> str | None:
    """Rewrite valid JSON arguments the way the schema declares them; None when that changes nothing."""
    try:
        arguments = parse(text)
    except Rejected:
        return None
    schema = read_schema(input_schema_json)
    coerced = _coerce(arguments, schema, schema, 0)
    return plain_json(coerced) if canonical(coerced) != canonical(arguments) else None


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(key)
        found[key] = value
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _integer(text: str) -> int | float:
    # Python refuses longer integers; for validation a double is near enough, the key is made from the text.
    return int(text) if len(text) <= _INT_DIGITS else float(text)


def _depth(text: str) -> int:
    """Count open brackets outside strings, so that no parser has to recurse into an attack."""
    # Most calls end here, without looking for strings.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    deepest = depth = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text, re.DOTALL):
        if mark in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in ("]", "}"):
            depth -= 1
    return deepest


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_integer)


@functools.lru_cache(maxsize=4096)
def _validator(schema_json: str) -> Validator | None:
    try:
        schema = json.loads(schema_json or "{}")
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        kind.check_schema(schema)
    except SchemaError:
        return None
    except _UNUSABLE:
        return None
    # Without an own registry, references to other hosts would be fetched.
    return kind(schema, registry=referencing.Registry())


def _fault(error: ValidationError) -> Fault:
    place = "/" + "/".join(str(step) for step in error.absolute_path) if error.absolute_path else "the arguments"
    path = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_schema_path)
    return Fault("invalid_arguments", f"Invalid arguments at {place}: {error.message[:_MESSAGE_CHARS]}.", path)


def _coerce(value: Any, declared: Any, root: Mapping[str, Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return value
    schema = resolve(declared, root)
    if isinstance(value, dict):
        shape = object_schema(schema, root)
        return {name: _coerce(item, shape.properties.get(name, {}), root, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_coerce(item, schema.get("items"), root, depth + 1) for item in value]
    return _coerce_scalar(value, schema)


def _coerce_scalar(value: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    members = schema.get("enum")
    if isinstance(members, list):
        return _member(value, members)
    declared = schema.get("type")
    if declared is None or of_type(value, declared):
        return value
    return _typed(value.strip(), declared, value)


def _member(value: str, members: list[Any]) -> Any:
    if value in members:
        return value
    alike = [member for member in members if isinstance(member, str) and member.casefold() == value.casefold()]
    return alike[0] if len(alike) == 1 else value


def _typed(text: str, declared: Any, otherwise: str) -> Any:
    if re.fullmatch(r"-?(0|[1-9]\d{0,30})(\.\d{1,30})?", text, re.ASCII):
        number = parse(text)
        return number if of_type(number, declared) else otherwise
    if text.casefold() in ("true", "false") and of_type(True, declared):
        return text.casefold() == "true"
    return otherwise
