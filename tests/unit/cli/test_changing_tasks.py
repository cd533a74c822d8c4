"""Agents over an export with a task that asks for a change: right answers alone are not enough there."""

import pytest

from cli.dataset.reading import read_tasks
from cli.eval import evaluate, make_agent
from tests.fakes.note_task import write_note_export


@pytest.mark.parametrize(
    ("name", "order", "note"), [("reference", 1, 1), ("telling", 1, 0), ("empty", 0, 0), ("constant", 0, 0)]
)
async def test_only_who_answers_and_changes_is_rewarded(tmp_path, name, order, note):
    write_note_export(tmp_path / "out")
    rows = read_tasks(tmp_path / "out")
    rollouts = await evaluate(tmp_path / "out", None, make_agent(name, rows), rows)
    rewards = {one.task_id: one.reward for one in rollouts}
    assert [rewards[row.task_id] for row in rows if "state_changing" not in row.row["tags"]] == [order]
    assert [rewards[row.task_id] for row in rows if "state_changing" in row.row["tags"]] == [note]
