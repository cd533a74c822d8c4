"""Whether a returned value may fill a parameter, and how much speaks for it.

Kinds decide; where a kind is common (identifiers, names, numbers) the names must agree too, and a bare number needs a
unit or a matching name. Control parameters and enums take no data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.graph.domain import parameter_words as table
from services.graph.domain.parameters import head_word
from shared.model.graphs import ObservedOutput, Parameter, ToolNode
from shared.model.values import ValueKind
from shared.proof.canonical import parse_canonical
from shared.proof.unit_table import CURRENCIES
from shared.proof.units import find_unit, same_dimension
from shared.proof.words import words

_BY_KIND_ALONE = frozenset(
    {
        ValueKind.PATH,
        ValueKind.TIME_ZONE,
        ValueKind.HASH,
        ValueKind.CELL,
        ValueKind.CELL_RANGE,
        ValueKind.SHEET,
        ValueKind.TABLE,
        ValueKind.EMAIL,
        ValueKind.CURRENCY,
        ValueKind.SYMBOL,
        ValueKind.DATE,
        ValueKind.TIME,
        ValueKind.URL,
    }
)
_BY_NAME_TOO = frozenset({ValueKind.IDENTIFIER, ValueKind.NAME, ValueKind.COLUMN})
_ALSO: Mapping[ValueKind, frozenset[ValueKind]] = {
    ValueKind.HASH: frozenset({ValueKind.IDENTIFIER}),
    ValueKind.IDENTIFIER: frozenset({ValueKind.NAME, ValueKind.NUMBER, ValueKind.HASH, ValueKind.SYMBOL}),
    ValueKind.NAME: frozenset({ValueKind.IDENTIFIER, ValueKind.SYMBOL, ValueKind.SHEET, ValueKind.TABLE}),
    ValueKind.SHEET: frozenset({ValueKind.NAME}),
    ValueKind.TABLE: frozenset({ValueKind.NAME, ValueKind.SYMBOL}),
}
"""Kinds that may stand where another is wanted, when the names agree."""
_ENTITIES = frozenset({ValueKind.IDENTIFIER, ValueKind.NAME, ValueKind.EMAIL, ValueKind.HASH, ValueKind.SYMBOL})
_INTO_LANGUAGE: Mapping[str, frozenset[ValueKind]] = {
    "sql": _ENTITIES | {ValueKind.DATE, ValueKind.TABLE, ValueKind.COLUMN, ValueKind.TIME_ZONE},
    "search": _ENTITIES,
    "regex": _ENTITIES,
    "file_uri": frozenset({ValueKind.PATH}),
    "expression": frozenset({ValueKind.QUANTITY, ValueKind.NUMBER}),
    "formula": frozenset({ValueKind.CELL, ValueKind.CELL_RANGE}),
}
"""Which values may go into a text of a language, whole or in a slot."""
_NAMED, _HEAD, _KIND, _SEEN = 4, 3, 2, 1
NONE = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A parameter that data may flow into, with what its tool says beside it."""

    tool_id: str
    parameter: Parameter
    is_pure: bool
    """Its tool is proven to compute only; any quantity may enter a computation."""
    units: frozenset[str] | None
    """Units that the parameter beside it can name; None: any, or none is beside it."""
    extensions: frozenset[str]
    """File extensions that parameter or tool name; empty: any; the empty extension is a folder's."""
    server_id: str


def targets(node: ToolNode) -> tuple[Target, ...]:
    """List a tool's parameters that data may flow into."""
    return tuple(_target(node, parameter) for parameter in node.parameters if _takes_data(parameter))


def wanted_kinds(parameter: Parameter) -> frozenset[ValueKind]:
    """Name the kinds that can fill a parameter at all."""
    if parameter.language:
        return _INTO_LANGUAGE.get(parameter.language, frozenset())
    if parameter.kind in (ValueKind.QUANTITY, ValueKind.NUMBER):
        return frozenset({ValueKind.QUANTITY, ValueKind.NUMBER})
    return frozenset({parameter.kind}) | _ALSO.get(parameter.kind, frozenset())


def strength(source: ToolNode, output: ObservedOutput, target: Target) -> int:
    """Say how much speaks for a flow; 0 means that there is none."""
    agreement = _agreement(output.key, target.parameter.name, source.server_id == target.server_id)
    # Names alone never make an edge: two servers call quite different things `name`.
    base = _by_kind(output, target, agreement)
    return base + agreement + (NONE if output.declared else _SEEN) if base else NONE


def _takes_data(parameter: Parameter) -> bool:
    if parameter.enum or parameter.kind in (ValueKind.BOOLEAN, ValueKind.UNIT) or parameter.json_type == "object":
        return False
    return not (parameter.kind is ValueKind.NUMBER and _is_control(parameter.name))


def _target(node: ToolNode, parameter: Parameter) -> Target:
    units: frozenset[str] | None = None
    if parameter.unit.startswith("="):
        beside = next((one for one in node.parameters if one.pointer == parameter.unit[1:]), None)
        units = _units_of(beside.enum) if beside and beside.enum else None
    extensions = _extensions(node, parameter) if ValueKind.PATH in wanted_kinds(parameter) else frozenset()
    return Target(node.tool_id, parameter, node.behaviour.pure, units, extensions, node.server_id)


def _units_of(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(find_unit(str(parse_canonical(text))) for text in texts) - {""}


def _extensions(node: ToolNode, parameter: Parameter) -> frozenset[str]:
    """Read wanted extensions from the parameter's name and examples and the tool's words."""
    if set(words(parameter.name)) & table.DIRECTORY:
        return frozenset({""})
    text = f"{node.name.replace('_', ' ')} {node.description[:400]} {' '.join(parameter.examples)}"
    return next((names for names, pattern in table.EXTENSION_HINTS if pattern.search(text)), frozenset())


def _by_kind(output: ObservedOutput, target: Target, agreement: int) -> int:
    parameter = target.parameter
    if parameter.language:
        return _KIND if _fits_language(output, target) else NONE
    if parameter.kind in (ValueKind.QUANTITY, ValueKind.NUMBER):
        return _by_number(output, target, agreement)
    if output.kind is parameter.kind:
        if output.kind is ValueKind.PATH:
            return _KIND if _extension_fits(output, target) else NONE
        if output.kind in _BY_KIND_ALONE or (output.kind in _BY_NAME_TOO and agreement):
            return _KIND
    return 1 if agreement and output.kind in _ALSO.get(parameter.kind, frozenset()) else NONE


def _fits_language(output: ObservedOutput, target: Target) -> bool:
    language = target.parameter.language
    if output.kind not in _INTO_LANGUAGE.get(language, frozenset()) or not _extension_fits(output, target):
        return False
    if language != "expression":
        return True
    # An expression takes any number at all, so the number itself has to be named or measured.
    return target.is_pure and (bool(output.unit) or bool(output.key)) and not _is_control(output.key)


def _by_number(output: ObservedOutput, target: Target, agreement: int) -> int:
    """A bare number needs a unit or a matching name."""
    parameter = target.parameter
    if output.kind not in (ValueKind.QUANTITY, ValueKind.NUMBER):
        return NONE
    if parameter.kind is ValueKind.QUANTITY and output.unit:
        return _KIND if _unit_fits(output.unit, target) else NONE
    # A computation takes any quantity; elsewhere a number that merely fits says
    # nothing (308 such pairs against 27 sensible chains, measured on twelve servers).
    if output.unit and target.is_pure and parameter.kind is ValueKind.NUMBER and _computes_with(output, parameter):
        return 1
    return 1 if agreement and not _is_control(output.key) else NONE


def _computes_with(output: ObservedOutput, parameter: Parameter) -> bool:
    parts = set(words(parameter.name))
    return bool(parts & table.NUMERIC_INPUT) or (output.unit in CURRENCIES and bool(parts & table.MONEY_INPUT))


def _unit_fits(unit: str, target: Target) -> bool:
    if target.parameter.unit.startswith("="):
        return target.units is None or unit in target.units
    return same_dimension(unit, target.parameter.unit)


def _agreement(key: str, name: str, same_server: bool) -> int:
    """How well a key and a parameter's name agree: all words, the word that counts, or not."""
    one, other = words(key), words(name)
    if not one or not other:
        return NONE
    # `id` and `value` agree with everything; within one server they often do mean the same.
    if set(one) <= table.GENERIC or set(other) <= table.GENERIC:
        return int(same_server and set(one) <= table.GENERIC and set(other) <= table.GENERIC)
    if one == other:
        return _NAMED
    return _HEAD if head_word(key) == head_word(name) or head_word(name) in one[-2:] else NONE


def _is_control(name: str) -> bool:
    return bool(set(words(name)) & table.CONTROL)


def _extension_fits(output: ObservedOutput, target: Target) -> bool:
    if output.kind is not ValueKind.PATH or not target.extensions or not output.sample_json:
        return True
    name = output.sample_json.strip('"').rpartition("/")[2]
    return (name.rpartition(".")[2].lower() if "." in name[1:] else "") in target.extensions
