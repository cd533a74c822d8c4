"""Hold arguments against a tool's input schema; a schema that is itself broken forbids nothing."""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, validators
from jsonschema import ValidationError as Invalid
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from shared.proof import schemas
from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json


def violation(arguments_json: str, input_schema_json: str) -> str:
    """Return what the schema says against the arguments, or an empty text."""
    schema = schemas.read_schema(input_schema_json)
    # As floats: our numbers are `Decimal`, which `multipleOf` cannot divide by the arguments' floats.
    plain = json.loads(json.dumps(schema, default=float))
    kind = validators.validator_for(plain, default=Draft202012Validator)
    try:
        kind.check_schema(plain)
        # An own, empty registry: with the default one, references to other hosts would be fetched.
        first = _first(kind(plain, registry=Registry()), json.loads(plain_json(parse_canonical(arguments_json))))
    except (SchemaError, Unresolvable, re.error, RecursionError):
        return ""
    if first is None:
        return ""
    where = "/".join(str(step) for step in first.absolute_path)
    return f"/{where}: {first.message[:300]}"


def _first(validator: Validator, arguments: Any) -> Invalid | None:
    """Choose the same violation each time, whatever order the validator finds them in."""
    found = sorted(
        validator.iter_errors(arguments), key=lambda one: ([str(step) for step in one.absolute_path], one.message)
    )
    return found[0] if found else None
