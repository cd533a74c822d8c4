"""Re-derives end states, offline: from what the recorded calls left, and from the answer's values and the template."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.dataset.reading import TaskRow
from shared.model import logical_form as lf
from shared.proof.canonical import canonical, parse_canonical, restore
from shared.proof.end_state import UNTOUCHED, Kind, PathChange, content_digest, end_state, left
from shared.proof.locators import text_of

END_STATE = "end_state"
"""What stands for the field in a problem."""


def end_state_faults(task: TaskRow, recordings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say why an end state does not hold; nothing where it does, or where the task asks for none.

    Args:
        task: the task.
        recordings: rows, those that its reference names among them.
    """
    change = _change(task)
    if (change is not None) != (task.end_state_json != UNTOUCHED):
        yield "the task asks for a change without an end state, or has an end state that nothing asks for"
        return
    if change is None:
        return
    by_id = {row["recording_id"]: row for row in recordings}
    changes = [by_id[call.recording_id].get("change") for call in task.calls if call.recording_id in by_id]
    last = next((one for one in reversed(changes) if one is not None), None)
    if left(canonical(restore(last)), task.row["world_digest"]) != task.end_state_json:
        yield "the calls of the reference, as recorded, left something else"
    if _noted(task, change) != task.end_state_json:
        yield f"{change.path} has to say what the answer says, under the labels that the task gives"


def _change(task: TaskRow) -> lf.Note | None:
    try:
        form = lf.from_json(task.row["logical_form"])
    except ValueError:
        return None
    return form.change if isinstance(form, lf.Question) else None


def _noted(task: TaskRow, change: lf.Note) -> str:
    """Write the note from the answer's own values, each found by the form that both mean."""
    question, truth = lf.from_json(task.row["logical_form"]), parse_canonical(task.ground_truth_json)
    keys = {field.value: field.key for field in question.fields}
    if any(keys.get(line.value) not in truth for line in change.lines):
        return ""
    lines = [f"{line.label}: {text_of(truth[keys[line.value]])}" for line in change.lines]
    return end_state([PathChange(change.path, Kind.CREATED, content_digest("\n".join(lines).encode()))])
