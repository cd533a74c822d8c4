"""Taking a result apart in one place: values with exact locators, keys, kinds, units and their records' names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from shared.model.errors import Rejected
from shared.model.values import Value, ValueKind
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.echoes import Echoes
from shared.proof.kinds import classify
from shared.proof.leaves import Leaf, walk_result
from shared.proof.locators import text_of

MAX_VALUES = 2000
_MAX_LEAVES = 6000
_SIBLINGS = 200


def extract(result_json: str, arguments_json: str = "{}") -> tuple[Value, ...]:
    """List the values of a canonical result in order, at most 2,000, without what merely echoes an argument.

    Every locator leads `shared.proof.locators.locate` back to the value. A result that is not JSON holds nothing.
    """
    try:
        result = parse_canonical(result_json)
        # More leaves than values: echoes are taken out afterwards and must not use up the bound.
        leaves = list(islice(walk_result(result), _MAX_LEAVES)) if isinstance(result, dict) else []
    except Rejected:
        return ()
    echoes = Echoes.of(arguments_json)
    told = [leaf for leaf in leaves if _tells(leaf.value) and not echoes.holds(leaf.value)]
    return tuple(_values(told[:MAX_VALUES]))


def _values(leaves: Sequence[Leaf]) -> Iterable[Value]:
    siblings: dict[str, list[str]] = defaultdict(list)
    for leaf in leaves:
        if leaf.place.key and len(siblings[leaf.place.key]) < _SIBLINGS:
            siblings[leaf.place.key].append(text_of(leaf.value))
    return (_value(leaf, siblings[leaf.place.key]) for leaf in leaves)


def _value(leaf: Leaf, siblings: Sequence[str]) -> Value:
    place, text = leaf.place, text_of(leaf.value)
    kind, unit = classify(text, f"{place.parent} {place.key}" if place.parent else place.key, siblings)
    if place.unit and kind is ValueKind.NUMBER:
        kind, unit = ValueKind.QUANTITY, place.unit
    return Value(place.locator_json(), place.key, kind, text, canonical(leaf.value), unit, place.row)


def _tells(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None
