"""State-changing tasks in an export: both checkers re-derive what is left, and see when it does not hold."""

import json

import pytest

from cli.dataset.checking import check_dataset
from cli.dataset.end_states import END_STATE
from tests.contracts.test_dataset import validator
from tests.fakes.note_task import write_note_export
from tests.independent import check


@pytest.fixture
def export(tmp_path):
    write_note_export(tmp_path / "out")
    return tmp_path / "out"


def rows(export, name):
    return [json.loads(line) for line in (export / name).read_text(encoding="utf-8").splitlines()]


def rewritten(export, name, change):
    found = rows(export, name)
    for row in found:
        change(row)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    (export / name).write_text(text, encoding="utf-8")


def faults(export):
    """What both checkers say of end states."""
    ours = {one.task_id for one in check_dataset(export).problems if one.field == END_STATE}
    theirs = {task for (task, name), reason in check.check(export).items() if name == END_STATE and reason}
    assert ours == theirs
    return len(ours)


def test_both_hold_what_is_exported(export):
    assert check_dataset(export).problems == ()
    assert set(check.check(export).values()) == {""}
    (task,) = [row for row in rows(export, "tasks.jsonl") if row["end_state"]]
    assert (task["task_id"], END_STATE) in check.check(export)
    assert [row["end_state"] for row in rows(export, "tasks.jsonl") if row != task] == [[]]
    for name, kind in (("tasks.jsonl", "task"), ("recordings.jsonl", "recording")):
        for row in rows(export, name):
            validator(kind).validate(row)
    (moved,) = [row for row in rows(export, "recordings.jsonl") if row["change"]]
    assert moved["change"] == {"from": task["world_digest"], "paths": task["end_state"]}


def spoil_state(row):
    for path in row["end_state"]:
        path["sha256"] = "0" * 64


def spoil_place(row):
    for path in row["end_state"]:
        path["path"] = "elsewhere.txt"


def spoil_label(row):
    if row["end_state"]:
        row["logical_form"]["change"]["lines"][0]["label"] = "Maker"


def spoil_value(row):
    if row["end_state"]:
        row["logical_form"]["change"]["lines"][0]["value"]["key"] = "order"


def spoil_form(row):
    row["logical_form"].pop("change", None)


def spoil_absence(row):
    row["end_state"] = []


@pytest.mark.parametrize("spoil", [spoil_state, spoil_place, spoil_label, spoil_value, spoil_form, spoil_absence])
def test_both_name_a_task_whose_end_state_is_not_what_was_left_or_not_what_is_asked(export, spoil):
    rewritten(export, "tasks.jsonl", spoil)
    assert faults(export) == 1


def test_both_name_a_recording_that_left_something_else(export):
    def spoil(row):
        for path in (row["change"] or {"paths": []})["paths"]:
            path["sha256"] = "0" * 64

    rewritten(export, "recordings.jsonl", spoil)
    assert faults(export) == 1


def test_a_difference_from_another_world_proves_nothing(export):
    def spoil(row):
        if row["change"]:
            row["change"]["from"] = "0" * 64

    rewritten(export, "recordings.jsonl", spoil)
    assert faults(export) == 1
