"""Turns given to the user: counted once, bounded, stored, and answered with nothing the prompt does not say."""

from dataclasses import replace

import pytest

from services.simulator.domain import episodes, turns
from services.simulator.domain.episodes import EpisodePlan, open_episode
from services.simulator.domain.scoring import score_episode
from shared.model.errors import Rejected
from shared.model.tasks import Limits
from tests.fakes import dataset

pytestmark = pytest.mark.unit
TASK = dataset.content().tasks[0].task
PLAN = EpisodePlan(TASK.task_id, (), TASK.world_digest, limits=Limits(12, 2, 4000))


def opened():
    return open_episode("ep_1", "snap", PLAN, 100.0)


def taken(episode, *ids):
    for name in ids:
        episode = turns.taken(episode, name, f"text of {name}", 50.0)
    return episode


def test_turns_are_counted_and_the_one_over_the_limit_costs_the_reward():
    episode = taken(opened(), "t1", "t2")
    assert (len(episode.turns), turns.turns_left(episode), episode.over_budget) == (2, 0, False)
    right = TASK.ground_truth_json
    assert score_episode(episode, TASK, right).reward == 1
    over = taken(episode, "t3")
    assert (len(over.turns), over.over_budget, over.expires_at) == (2, True, 100.0)
    assert score_episode(over, TASK, right).outcome == "over_budget"


def test_same_turn_is_found_and_another_under_its_id_is_refused():
    episode = taken(opened(), "t1")
    assert turns.said(episode, "t1", "text of t1") == episode.turns[0]
    assert turns.said(episode, "t2", "anything") is None
    for wrong, reason in ((("t1", "other"), "turn_id_reused"), (("", "x"), "bad_turn_id")):
        with pytest.raises(Rejected) as caught:
            turns.said(episode, *wrong)
        assert caught.value.reason == reason
    closed = replace(episode, closed=True)
    assert turns.said(closed, "t1", "text of t1")
    with pytest.raises(Rejected, match="closed"):
        turns.said(closed, "t2", "x")


def test_turns_survive_a_store_whole_and_change_by_change():
    before, after = taken(opened(), "t1"), taken(opened(), "t1", "t2")
    assert episodes.from_json(episodes.to_json(after), after.version) == after
    change = episodes.change_json(before, after)
    assert "t1" not in change
    assert episodes.changed(before, change) == after


def test_user_knows_the_answer_format_and_nothing_of_the_answer():
    said = turns.answer(TASK)
    assert TASK.answer_template in said
    assert "25.6" not in said
    assert turns.answer(None) == "There is nothing more to say."
