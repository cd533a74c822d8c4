"""Turns given to the user: counted once, bounded, stored; told what the prompt holds back, and nothing else."""

from dataclasses import replace

import pytest

from services.simulator.domain import episodes, turns
from services.simulator.domain.episodes import EpisodePlan, open_episode
from services.simulator.domain.scoring import score_episode
from services.simulator.domain.task_filters import without_answers
from shared.model.errors import Rejected
from shared.model.tasks import HeldBack, Limits
from shared.proof.asking import asks
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


OPEN = replace(
    TASK,
    held_back=(
        HeldBack("order", "A-17", "I mean order A-17."),
        HeldBack("cut-off date", "2026-01-05", "The cut-off date is 5 January 2026."),
    ),
)


def asked(episode, *texts):
    """What the user says to each text in turn, by the names of the turns."""
    said = []
    for text in texts:
        name = f"t{len(episode.turns)}"
        episode = turns.taken(episode, name, text, 50.0, OPEN)
        said.append(turns.answer(OPEN, turns.said(episode, name, text)))
    return episode, said


def test_each_turn_that_asks_is_told_the_next_fact_and_no_other_turn_is():
    wide = replace(opened(), limits=Limits(12, 0, 4000))
    nothing = turns.answer(TASK)
    said = asked(wide, "I look it up.", "Which order?", "I see.", "Please clarify the date", "And what else?")[1]
    assert said == [nothing, "I mean order A-17.", nothing, "The cut-off date is 5 January 2026.", nothing]


def test_repeated_stored_and_forked_turns_are_told_the_same():
    episode, said = asked(opened(), "Which one?")
    read = episodes.from_json(episodes.to_json(episode), episode.version)
    copy = episodes.forked(read, "ep_2", 200.0)
    for one in (episode, read, copy):
        assert turns.answer(OPEN, turns.said(one, "t0", "Which one?")) == said[0] == "I mean order A-17."
    assert asked(copy, "And since when?")[1] == ["The cut-off date is 5 January 2026."]


def test_turn_beyond_the_limit_is_told_nothing():
    episode = asked(opened(), "Hello.", "Which one?")[0]
    over = turns.taken(episode, "t2", "And since when?", 50.0, OPEN)
    assert over.over_budget
    assert turns.said(over, "t2", "And since when?") is None


def test_whoever_reads_tasks_is_not_told_what_is_held_back():
    assert without_answers(OPEN).held_back == ()
    assert OPEN.told == f"{OPEN.prompt} I mean order A-17. The cut-off date is 5 January 2026."


@pytest.mark.parametrize(
    ("text", "is_question"),
    [("Which product?", True), ("どれですか\uff1f", True), ("Please specify the day.", True),
     ("LET ME KNOW which", True),
     ("I will look into the specification.", False), ("{\"total\": 1}", False), ("", False)],
)  # fmt: skip
def test_what_counts_as_asking(text, is_question):
    assert asks(text) is is_question
