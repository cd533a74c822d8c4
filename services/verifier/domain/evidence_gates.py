"""Does every value that flowed matter, and does everything cited stay what it was?"""

from collections.abc import Mapping
from typing import Any

from services.verifier.domain.case import Case
from shared.model.explorations import CounterfactualOutcome
from shared.proof.canonical import parse
from shared.proof.volatility import is_volatile

DEPENDS = (CounterfactualOutcome.FAILS, CounterfactualOutcome.CHANGES)


def edge_evidence(case: Case) -> str | None:
    """Refuse a data-flow edge of which no counterfactual call showed that the answer depends on its value."""
    seen: dict[tuple[str, str], list[str]] = {}
    for one in _objects(case.draft.counterfactuals_json):
        seen.setdefault((str(one.get("call_id")), str(one.get("argument"))), []).append(str(one.get("outcome")))
    for call in case.task.reference:
        for flow in call.depends_on:
            outcomes = seen.get((call.call_id, flow.argument), [])
            if not outcomes:
                return f"call {call.call_id}, {flow.argument}: no other value was tried"
            # Any, not all: where one argument takes two values, the one
            # that does not matter has no business in the reference.
            if any(outcome not in DEPENDS for outcome in outcomes):
                return f"call {call.call_id}, {flow.argument}: another value gave the same answer"
    return None


def unstable(case: Case) -> str | None:
    """Refuse a citation or a flow from a place that differed in the second run."""
    repeated = {str(one.get("call_id")): one for one in _objects(case.draft.repeated_json)}
    for call in case.task.reference:
        if call.call_id not in repeated:
            return f"call {call.call_id} was not repeated"
        if repeated[call.call_id].get("other_change") is True:
            return f"call {call.call_id} left another world in the second run"
    places = [(source.call_id, source.locator_json) for field in case.task.evidence for source in field.sources]
    places += [(flow.call_id, flow.locator_json) for call in case.task.reference for flow in call.depends_on]
    for call_id, locator_json in places:
        if call_id in repeated and not _is_steady(repeated[call_id], locator_json):
            return f"call {call_id}: the cited value lies in a place that differed in the second run"
    return None


def _is_steady(second: Mapping[str, Any], locator_json: str) -> bool:
    """Whether a place held the same bytes in both runs: nothing differed, or only named places apart from it."""
    if second.get("same") is True:
        return True
    volatile = second.get("volatile")
    # Different, and nobody says where: then every place is in doubt.
    if not isinstance(volatile, list) or not volatile:
        return False
    return not is_volatile(locator_json, [str(pointer) for pointer in volatile])


def _objects(text: str) -> list[Mapping[str, Any]]:
    value = parse(text or "[]")
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
