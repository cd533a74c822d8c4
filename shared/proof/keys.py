"""Keys of recordings: canonical arguments with schema defaults applied, state chains, recording ids."""

from collections.abc import Mapping
from typing import Any

from shared.model.calls import State
from shared.model.errors import Rejected
from shared.proof.canonical import canonical, digest, parse, parse_canonical, sha256_text
from shared.proof.identity import identifier
from shared.proof.schemas import object_schema, of_type, read_schema, resolve

_DEPTH = 12


def canonical_arguments(arguments_json: str, input_schema_json: str) -> str:
    """Write arguments canonically with the schema's defaults applied, top level and nested.

    An absent property with a `default` gets it; one whose default is null is canonical when *absent*; a default that
    contradicts the property's own type is no default. A schema that cannot be read has none.

    Raises:
        Rejected: the arguments are not a JSON object (`bad_arguments`).
    """
    try:
        arguments = parse(arguments_json or "{}")
    except Rejected as error:
        raise Rejected("bad_arguments", f"arguments are not JSON: {error.text}") from error
    if not isinstance(arguments, dict):
        raise Rejected("bad_arguments", "arguments must be a JSON object")
    schema = read_schema(input_schema_json)
    return canonical(_with_defaults(arguments, schema, schema, 0))


def recording_key(server_digest: str, tool: str, arguments_json: str, state: State) -> str:
    """Digest what a recording answers: server, tool, canonical arguments, state."""
    return digest([server_digest, tool, parse_canonical(arguments_json), [state.world, state.session]])


def recording_id(key: str, result_json: str) -> str:
    """Name a recording by its key and its canonical result."""
    return recording_id_of(key, sha256_text(result_json))


def recording_id_of(key: str, result_sha256: str) -> str:
    """Name a recording whose result is known by its digest only."""
    return identifier("rec", [key, result_sha256])


def next_session(previous: str, tool: str, arguments_json: str, result_sha256: str) -> str:
    """Move a session digest by one session-mutating call."""
    return digest([previous, tool, parse_canonical(arguments_json), result_sha256])


def _with_defaults(value: Any, schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    # Schemas refer to themselves; deeper defaults than this nobody has, and a bound ends the walk.
    if depth > _DEPTH:
        return value
    if isinstance(value, list):
        items = resolve(schema, root).get("items")
        return [_with_defaults(item, items, root, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    shape = object_schema(schema, root)
    filled = dict(value)
    for name, declared in shape.properties.items():
        _fill(filled, name, resolve(declared, root), name in shape.required)
    return {
        name: _with_defaults(item, shape.properties.get(name, {}), root, depth + 1) for name, item in filled.items()
    }


def _fill(filled: dict[str, Any], name: str, declared: Mapping[str, Any], required: bool) -> None:
    if "default" not in declared:
        return
    default = declared["default"]
    if default is None:
        # Absent and null mean the same to such a parameter; one form, or equal calls would have two keys.
        if name in filled and filled[name] is None and not required:
            del filled[name]
    # A default that breaks its own type is a typo of the server's author: sending it would make the call fail.
    elif name not in filled and of_type(default, declared.get("type")):
        filled[name] = default
