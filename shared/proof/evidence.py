"""Deriving answer fields from recorded results, and saying exactly where a derivation breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model.errors import Rejected
from shared.model.tasks import FieldEvidence, Source, Task
from shared.proof.canonical import canonical, parse_canonical, sha256_text
from shared.proof.locators import locate
from shared.proof.transforms import apply


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold."""

    reason: str
    """Stable code: `no_recording`, `recording_changed`, `source_changed`, `no_such_value`, `derives_otherwise`, ..."""
    field: str
    call_id: str
    text: str
    """One sentence naming the call, the field and what differs."""


def derive(field: FieldEvidence, results: Mapping[str, str]) -> Any:
    """Re-derive one answer field from canonical results by call id.

    Raises:
        Rejected: with the reason, and a text that names the call, the field and what differs.
    """
    values = [_cited(source, field.field, results) for source in field.sources]
    try:
        return apply(field.transforms_json, values)
    except Rejected as error:
        raise Rejected(error.reason, f"field {field.field!r}: {error.text}") from error


def check_fields(evidence: Sequence[FieldEvidence], ground_truth_json: str, results: Mapping[str, str]) -> list[Fault]:
    """List what keeps a ground truth from being re-derived, byte for byte; empty when everything holds."""
    truth = parse_canonical(ground_truth_json)
    if not isinstance(truth, dict):
        return [Fault("bad_ground_truth", "", "", "the ground truth is not a JSON object")]
    known = {field.field for field in evidence}
    faults = [
        Fault("no_evidence", name, "", f"field {name!r} of the ground truth has no evidence")
        for name in truth
        if name not in known
    ]
    for field in evidence:
        faults.extend(_check_field(field, truth, results))
    return faults


def check_task(task: Task, results: Mapping[str, str]) -> list[Fault]:
    """Check a task offline: cited recordings are the ones named, and every field re-derives from them.

    Args:
        task: the task.
        results: canonical result by call id of the reference.
    """
    citing = {source.call_id: field.field for field in reversed(task.evidence) for source in field.sources}
    faults = []
    for call in task.reference:
        result = results.get(call.call_id)
        if result is not None and sha256_text(result) != call.result_sha256:
            name = citing.get(call.call_id, "")
            cited = f", cited by field {name!r}" if name else ""
            text = f"the recorded result of call {call.call_id} ({call.tool}){cited}, is not the one the task names"
            faults.append(Fault("recording_changed", name, call.call_id, text))
    return faults + check_fields(task.evidence, task.ground_truth_json, results)


def _check_field(field: FieldEvidence, truth: Mapping[str, Any], results: Mapping[str, str]) -> list[Fault]:
    if field.field not in truth:
        return [Fault("no_such_field", field.field, "", f"evidence for {field.field!r}, which is no answer field")]
    try:
        derived = canonical(derive(field, results))
    except Rejected as error:
        # The sentence names the call; a pipeline that fails over several sources belongs to none of them.
        call_id = next((source.call_id for source in field.sources if f"call {source.call_id}" in error.text), "")
        return [Fault(error.reason, field.field, call_id, error.text)]
    expected = canonical(truth[field.field])
    if derived == expected:
        return []
    text = f"field {field.field!r} derives as {_short(derived)}, the ground truth says {_short(expected)}"
    return [Fault("derives_otherwise", field.field, field.sources[0].call_id if field.sources else "", text)]


def _cited(source: Source, field: str, results: Mapping[str, str]) -> Any:
    where = f"field {field!r}, call {source.call_id}"
    result = results.get(source.call_id)
    if result is None:
        raise Rejected("no_recording", f"{where}: there is no recorded result")
    try:
        located = locate(result, source.locator_json)
    except Rejected as error:
        raise Rejected(error.reason, f"{where}: {error.text}") from error
    # By digest, not by value: evidence must show that the very text cited is there, not one that reads the same.
    if located.sha256 != source.sha256:
        raise Rejected("source_changed", f"{where}: the cited value is now {_short(located.text)}")
    return located.value


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line's worth
