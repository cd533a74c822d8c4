"""Computing with values that were read: units, clocks, arithmetic; by a tool, or by evidence alone."""

from collections.abc import Mapping
from typing import Any

from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import Answer, Found, Infeasible, Written, argument_of, cite
from services.sampler.domain.ports import Realising
from shared.model import logical_form as lf
from shared.model.sub_dags import PlannedInput
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.units import find_unit

_BY_TOOL = 0.5
_ONLY_NUMBER = canonical({"only": "number"})
_SIGNS = {
    lf.Operation.DIFFERENCE: " - ",
    lf.Operation.RATIO: " / ",
    lf.Operation.PRODUCT: " * ",
    lf.Operation.SUM: " + ",
}
_STEPS: Mapping[lf.Operation, tuple[Mapping[str, Any], ...]] = {
    lf.Operation.DAYS_BETWEEN: ({"name": "date_difference", "args": {"unit": "days"}}, {"name": "abs"})
}
"""Operations that are no single transform of their name."""
_PERCENT = {lf.Operation.PERCENT_CHANGE: "change", lf.Operation.PERCENT_OF: "of"}


def converted(realiser: Realising, form: lf.Converted) -> Found:
    """Convert a quantity with a tool that knows both units."""
    value = realiser.value(form.of)
    for ability in realiser.choose(Skill.CONVERT_UNIT):
        # The tool's own spelling: `pound` to one, `lb` to the next.
        known = {find_unit(text): text for text in reversed(ability.detail)}
        if form.from_unit not in known or form.unit not in known:
            continue
        argument = ability.argument("value")
        number, inputs = argument_of(value, argument)
        arguments = {
            argument: number,
            ability.argument("source"): known[form.from_unit],
            ability.argument("target"): known[form.unit],
        }
        call = realiser.plan.add(ability.node, arguments, form, inputs=inputs)
        return _result(call, ability, form.kind, ("converted_value", "result", "converted"))
    raise Infeasible(f"no tool converts {form.from_unit} to {form.unit}")


def local_time(realiser: Realising, form: lf.LocalTime) -> Found:
    """Convert a time between zones."""
    source, target = realiser.value(form.from_zone), realiser.value(form.to_zone)
    ability = realiser.one(Skill.CLOCK)
    arguments: dict[str, Any] = {ability.argument("time"): form.time}
    inputs: list[PlannedInput] = []
    for part, found in (("source", source), ("target", target)):
        name = ability.argument(part)
        arguments[name], flows = argument_of(found, name)
        inputs.extend(flows)
    call = realiser.plan.add(ability.node, arguments, form, inputs=inputs)
    return Found(call, canonical({"time": "target"}), "", ValueKind.TIME, flows=False)


def computed(realiser: Realising, form: lf.Computed) -> Found:
    """Compute with a tool."""
    found = [realiser.value(operand) for operand in form.operands]
    if form.operation in _PERCENT and (ways := realiser.choose(Skill.PERCENTAGE)):
        return _percentage(realiser, ways[0], form, found)
    if form.operation is lf.Operation.MEAN and (ways := realiser.choose(Skill.DESCRIBE_NUMBERS)):
        return _described(realiser, ways[0], form, found)
    if form.operation in _SIGNS and (ways := realiser.choose(Skill.CALCULATE)):
        return _calculated(realiser, ways[0], form, found)
    raise Infeasible(f"no tool computes a {form.operation}")


def computed_answer(realiser: Realising, form: lf.Computed) -> Answer:
    """Compute with a tool, or cite the operands and derive."""
    # Both ways are wanted: an agent may compute in its head, and a tool may be needed for it.
    if realiser.rng.random() < _BY_TOOL:
        try:
            return cite(realiser.value(form))
        except Infeasible:
            pass
    found = [realiser.value(operand) for operand in form.operands]
    return Answer(cite(*found).sources, _STEPS.get(form.operation, ({"name": str(form.operation)},)))


def _percentage(realiser: Realising, ability: Ability, form: lf.Computed, found: list[Found]) -> Found:
    """`of`: second operand is the base; `change`: first operand is the base."""
    base, other = found if form.operation is lf.Operation.PERCENT_CHANGE else (found[1], found[0])
    first, second = ability.argument("first"), ability.argument("second")
    (one, flows), (two, more) = argument_of(base, first), argument_of(other, second)
    arguments = {ability.argument("operation"): _PERCENT[form.operation], first: one, second: two}
    call = realiser.plan.add(ability.node, arguments, form, inputs=(*flows, *more))
    return _result(call, ability, form.kind, ("result",))


def _described(realiser: Realising, ability: Ability, form: lf.Computed, found: list[Found]) -> Found:
    data = ability.argument("data")
    inputs: list[PlannedInput] = []
    values: list[Any] = []
    for index, item in enumerate(found):
        value, flows = argument_of(item, f"{data}/{index}")
        values.append(value)
        inputs.extend(flows)
    arguments = {data: values, ability.argument("analyses"): ["describe"]}
    call = realiser.plan.add(ability.node, arguments, form, inputs=inputs)
    return Found(call, canonical({"key": "mean"}), "mean", form.kind)


def _calculated(realiser: Realising, ability: Ability, form: lf.Computed, found: list[Found]) -> Found:
    written = Written(ability.argument("expression"))
    for index, item in enumerate(found):
        written.write(_SIGNS[form.operation] if index else "", item)
    call = realiser.plan.add(ability.node, {written.argument: written.text}, form, inputs=written.inputs)
    return _result(call, ability, form.kind, ("result",))


def _result(call: str, ability: Ability, kind: ValueKind, usual: tuple[str, ...]) -> Found:
    """Find the one number of a computation's result; it flows under the key it was seen under."""
    numeric = (ValueKind.NUMBER, ValueKind.QUANTITY)
    # As it was seen: what a schema promises is not always the key that comes.
    seen = [output.key for output in ability.node.outputs if output.kind in numeric and output.key in usual]
    key = seen[0] if seen else usual[0]
    return Found(call, _ONLY_NUMBER, key, kind)
