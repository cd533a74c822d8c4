"""Named pure transforms over located values (`docs/evidence.md`, section 4): exact, closed, each with test vectors.

The pipeline starts from the located value where there is one source and from the list of them where there are several.
Arithmetic is decimal with 50 significant digits, half-even.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from shared.model.errors import Rejected
from shared.proof import absence, transforms_list, transforms_scalar, transforms_total
from shared.proof.arithmetic import CONTEXT, to_json_number
from shared.proof.canonical import parse

Transform = Callable[[Any, Mapping[str, Any]], Any]

TRANSFORMS: Mapping[str, Transform] = {
    **transforms_total.TRANSFORMS,
    **transforms_list.TRANSFORMS,
    **transforms_scalar.TRANSFORMS,
    **absence.TRANSFORMS,
}
"""Every transform by name: (value, args) to value."""


def apply(transforms_json: str | Sequence[Mapping[str, Any]], values: Sequence[Any]) -> Any:
    """Run a pipeline over the located values; an empty pipeline is `identity`.

    Raises:
        Rejected: `bad_transform` for a name or arguments outside the specification; `type_mismatch`, `empty`,
            `not_a_number`, `division_by_zero`, `not_a_date`, `unit_mismatch`, `no_such_value` where it has no answer.
    """
    steps = parse(transforms_json) if isinstance(transforms_json, str) else transforms_json
    if not isinstance(steps, list | tuple):
        raise Rejected("bad_transform", "a pipeline is a list")
    # Part of the specification (`docs/evidence.md`, 4): checkers in other languages do the same.
    value: Any = values[0] if len(values) == 1 else list(values)
    with localcontext(CONTEXT):
        for step in steps:
            value = _run(step, value)
    return value


def _run(step: Any, value: Any) -> Any:
    if not isinstance(step, Mapping) or not set(step) <= {"name", "args"} or step.get("name") not in TRANSFORMS:
        raise Rejected("bad_transform", f"no such transform: {step!r}")
    args = step.get("args") or {}
    if not isinstance(args, Mapping):
        raise Rejected("bad_transform", f"args of {step['name']} must be an object")
    try:
        result = TRANSFORMS[step["name"]](value, args)
    # A transform over values of strangers: overflow is an answer that does not exist, not a bug.
    except ArithmeticError as error:
        raise Rejected("not_a_number", f"{step['name']} has no finite answer") from error
    return to_json_number(result) if isinstance(result, Decimal) else result
