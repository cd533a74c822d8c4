"""Reports of trainers: added up once, marked when they say something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.adapters.outcomes_sqlite import SqliteOutcomes
from services.simulator.domain.breaker import Breaker
from services.simulator.domain.outcomes import Mark, TaskTries, checked
from shared.model.errors import Rejected


@pytest.mark.parametrize(
    ("tries", "passed", "censored", "mark"),
    [
        (64, 0, 0, Mark.AUDIT),
        (63, 0, 0, Mark.NONE),
        (70, 0, 7, Mark.NONE),
        (64, 64, 0, Mark.MASTERED),
        (70, 64, 6, Mark.MASTERED),
        (64, 63, 0, Mark.NONE),
        (0, 0, 0, Mark.NONE),
    ],
)
def test_marks_need_64_scored_tries(tries, passed, censored, mark):
    assert TaskTries("t", "p", tries, passed, censored).mark is mark


def test_policies_are_added_up_and_a_repeated_report_counts_once(tmp_path):
    store = SqliteOutcomes(tmp_path / "outcomes.sqlite")
    report = (TaskTries("t1", "a", 32, 0), TaskTries("t2", "a", 70, 70), TaskTries("t3", "a", 70, 1))
    assert [store.add("r1", report), store.add("r1", report)] == [3, 0]
    assert store.marked(Mark.AUDIT, "", 10) == ()
    store.add("r2", (TaskTries("t1", "b", 32, 0),))
    store.close()
    again = SqliteOutcomes(tmp_path / "outcomes.sqlite")
    assert [one.task_id for one in again.marked(Mark.AUDIT, "", 10)] == ["t1"]
    assert [one.task_id for one in again.marked(Mark.MASTERED, "", 10)] == ["t2"]
    assert again.marked(Mark.MASTERED, "t2", 10) == ()
    assert again.of("t1") == TaskTries("t1", "", 64, 0)
    again.close()


def test_censored_share_is_told_per_policy_and_page():
    store = SqliteOutcomes(None)
    store.add("r1", (TaskTries("t1", "b", 10, 2, 4), TaskTries("t2", "b", 10, 8), TaskTries("t1", "a", 5, 5)))
    store.add("r2", (TaskTries("t1", "", 3, 0, 3), TaskTries("t1", "b", 20, 0, 6)))
    told = [(one.policy, one.tasks, one.tries, one.passed, one.censored_share) for one in store.policies(None, 10)]
    assert told == [("", 1, 3, 0, 1.0), ("a", 1, 5, 5, 0.0), ("b", 2, 40, 10, 0.25)]
    assert [one.policy for one in store.policies("a", 10)] == ["b"]
    assert [one.policy for one in store.policies(None, 1)] == [""]
    assert [one.policy for one in store.policies("", 2)] == ["a", "b"]
    store.close()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(0, 40)), max_size=20))
def test_the_store_marks_what_the_sum_is_marked(reports):
    store = SqliteOutcomes(None)
    for policy, tries, share in reports:
        store.add("", (TaskTries("t", policy, tries, min(tries, share)),))
    total = store.of("t")
    assert total.tries == sum(tries for _, tries, _ in reports)
    for mark in (Mark.AUDIT, Mark.MASTERED):
        assert bool(store.marked(mark, "", 1)) == (total.mark is mark)
    store.close()


@pytest.mark.parametrize(("tries", "passed", "censored"), [(-1, 0, 0), (1, 2, 0), (4, 3, 2), (1, 0, -1)])
def test_counts_that_do_not_add_up_are_refused(tries, passed, censored):
    with pytest.raises(Rejected):
        checked(TaskTries("t", "p", tries, passed, censored))


def test_breaker_opens_after_failures_in_a_row_and_one_try_decides():
    breaker = Breaker(limit=2, pause_seconds=10)
    breaker = breaker.failed(0).succeeded().failed(1)
    assert not breaker.is_open(1)
    breaker = breaker.failed(2)
    assert [breaker.is_open(11.9), breaker.is_open(12.0)] == [True, False]
    assert breaker.failed(12).is_open(13)
    assert not breaker.succeeded().is_open(13)
