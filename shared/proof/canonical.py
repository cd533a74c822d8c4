"""Canonical JSON: RFC 8785, extended so that no number is ever changed (`docs/evidence.md`, section 1).

`parse` reads strangers' JSON exactly; `parse_canonical` also undoes the `$number` and `$object` escapes of `canonical`.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import rfc8785

from shared.model.errors import Rejected

NUMBER = "$number"
OBJECT = "$object"
MAX_SAFE = 2**53 - 1
_PLAIN_EXPONENT = 40
"""Adjusted exponents up to this size are written without `e`."""
_INT_DIGITS = 4000
"""Python refuses to read longer integers as int; they become Decimal, which is as exact."""


def parse(text: str) -> Any:
    """Read JSON text exactly: int for integers, Decimal for other numbers, `Infinity` and `NaN` tolerated.

    The last of duplicate keys wins; a lone surrogate becomes U+FFFD.

    Raises:
        Rejected: the text is not JSON (`not_json`) or nested too deep to read (`too_deep`).
    """
    try:
        # Python's own readers would make 1e400 infinite, and refuse integers of more than 4,300 digits.
        value = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant)
    except RecursionError as error:
        raise Rejected("too_deep", "JSON is nested too deep") from error
    except (ValueError, InvalidOperation) as error:
        raise Rejected("not_json", str(error)) from error
    # Only an escape can bring a lone surrogate in; the text itself was decoded from bytes.
    return _mend(value) if "\\u" in text else value


def parse_canonical(text: str) -> Any:
    """Read text that `canonical` wrote: as `parse`, with exact numbers and escaped objects restored.

    Raises:
        Rejected: the text is not JSON (`not_json`, `too_deep`).
    """
    value = parse(text)
    return restore(value) if '"$' in text else value


def canonical(value: Any) -> str:
    """Write a value as canonical JSON.

    Raises:
        Rejected: the value is not JSON-like (`not_json`) or nested too deep (`too_deep`).
    """
    try:
        return rfc8785.dumps(_escape(value)).decode("utf-8")
    except RecursionError as error:
        raise Rejected("too_deep", "the value is nested too deep") from error


def sha256_text(text: str) -> str:
    """Digest the UTF-8 bytes of a text, in hex."""
    # A lone surrogate cannot be encoded; canonical text has none, but other texts are digested too.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def digest(value: Any) -> str:
    """Digest the canonical JSON of a value, in hex."""
    return sha256_text(canonical(value))


def number_text(number: Decimal | int) -> str:
    """Write a number exactly and in one way only, the text inside `$number`."""
    # Not `str(int)`: Python refuses integers of more than 4,300 digits there.
    if isinstance(number, int):
        number = Decimal(number)
    if not number.is_finite():
        return "NaN" if number.is_nan() else ("-Infinity" if number < 0 else "Infinity")
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    if not kept:
        return "0"
    return ("-" if sign else "") + _place_point(kept, int(exponent) + len(text) - len(kept))


def restore(value: Any) -> Any:
    """Undo the `$number` and `$object` escapes in a parsed canonical value."""
    if isinstance(value, dict):
        # Nothing else has this form: `_escape_object` wraps every object of a stranger that has such a key.
        if len(value) == 1 and isinstance(value.get(NUMBER), str):
            return _exact(value)
        if len(value) == 1 and _are_members(value.get(OBJECT)):
            return {key: restore(item) for key, item in value[OBJECT]}
        return {key: restore(item) for key, item in value.items()}
    return [restore(item) for item in value] if isinstance(value, list) else value


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    # Before numbers: True is an int in Python, and would be written as 1.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return _escape_number(value)
    if isinstance(value, Mapping):
        return _escape_object(value)
    if isinstance(value, list | tuple):
        return [_escape(item) for item in value]
    raise Rejected("not_json", f"a {type(value).__name__} is no JSON value")


def _escape_object(value: Mapping[Any, Any]) -> Any:
    if any(not isinstance(key, str) for key in value):
        raise Rejected("not_json", "an object key is not a string")
    escaped = {_clean(key): _escape(item) for key, item in value.items()}
    if NUMBER in escaped or OBJECT in escaped:
        # By UTF-16 code units, as RFC 8785 sorts keys: code points would order what lies beyond U+FFFF differently.
        return {OBJECT: [[key, escaped[key]] for key in sorted(escaped, key=lambda key: key.encode("utf-16-be"))]}
    return escaped


def _escape_number(value: float | Decimal) -> Any:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return {NUMBER: number_text(number)}
    if abs(number) <= MAX_SAFE:
        if _is_integral(number):
            return int(number)
        double = float(number)
        # `repr` gives the shortest literal of a double; a decimal that is another number stays exact instead.
        if Decimal(repr(double)) == number:
            return double
    return {NUMBER: number_text(number)}


def _is_integral(number: Decimal) -> bool:
    """Whether a number of moderate size is an integer, without expanding 1e-999999."""
    return int(number) == number


def _place_point(digits: str, exponent: int) -> str:
    adjusted = exponent + len(digits) - 1
    if abs(adjusted) > _PLAIN_EXPONENT:
        return digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "") + f"e{adjusted}"
    if exponent >= 0:
        return digits + "0" * exponent
    if adjusted >= 0:
        return f"{digits[:exponent]}.{digits[exponent:]}"
    return "0." + "0" * (-adjusted - 1) + digits


def _are_members(value: Any) -> bool:
    """Whether a value is the list of pairs that an escaped object holds."""
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == len(("key", "value")) and isinstance(pair[0], str) for pair in value
    )


def _exact(escaped: dict[str, str]) -> Any:
    try:
        number = Decimal(escaped[NUMBER])
    except InvalidOperation:
        return escaped
    if number.is_finite() and -_PLAIN_EXPONENT <= number.adjusted() <= _PLAIN_EXPONENT and _is_integral(number):
        return int(number)
    return number


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _INT_DIGITS else Decimal(text)


def _decimal(text: str) -> Decimal:
    return Decimal(text)


def _constant(text: str) -> Decimal:
    return Decimal(text)


def _clean(text: str) -> str:
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text) if _broken(text) else text


def _broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _mend(item) for key, item in value.items()}
    return [_mend(item) for item in value] if isinstance(value, list) else value
