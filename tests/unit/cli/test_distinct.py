"""Which tasks an export keeps: one per question, one per lone value, one in a hundred at most for a constant."""

import pytest

from cli.constant_answers import most_frequent, solved
from cli.distinct import CONSTANT_SHARE, Candidate, kept

pytestmark = pytest.mark.unit


def candidate(number: int, kind: str, *values: object) -> Candidate:
    names = [f"f{index}" for index in range(len(values))]
    answered = ({name: {"type": kind} for name in names}, dict(zip(names, values, strict=True)))
    return Candidate(f"task_{number:04}", f"question {number}", answered)


def test_the_same_question_is_kept_once() -> None:
    twins = [Candidate(name, "same", ({}, {"a": name, "b": 1})) for name in ("task_b", "task_a")]
    assert kept(twins) == (("task_a",), {"near_duplicate": 1, "constant_answer": 0})


def test_the_same_answer_is_kept_once_whatever_its_names_and_however_it_is_written() -> None:
    types = {"file": {"type": "string"}, "parts": {"type": "set"}}
    answers = [("a.py", ["one", "two"]), ("A.py", ["two", "one"]), ("a.py", ["one"]), ("b.py", ["one", "two"])]
    many = [
        Candidate(f"task_{at}", f"which {at}", (types, {"file": file, "parts": parts}))
        for at, (file, parts) in enumerate(answers)
    ]
    renamed = {"where": {"type": "string"}, "which": {"type": "set"}}
    many.append(Candidate("task_9", "which 9", (renamed, {"where": "b.py", "which": ["two", "one"]})))
    in_order = {"file": {"type": "string"}, "parts": {"type": "list"}}
    many += [
        Candidate(f"task_l{at}", f"list {at}", (in_order, {"file": "c.py", "parts": parts}))
        for at, parts in enumerate((["one", "two"], ["two", "one"]))
    ]
    filler = [candidate(n, "number", n, n + 1) for n in range(600)]
    chosen, left_out = kept(many + filler)
    assert {"task_1", "task_9"} & set(chosen) == set()
    assert {"task_0", "task_2", "task_3", "task_l0", "task_l1"} <= set(chosen)
    assert left_out["constant_answer"] == 2
    assert kept((filler + many)[::-1])[0] == chosen


def test_a_lone_value_is_kept_once() -> None:
    chosen, left_out = kept([candidate(n, "number", 7) for n in range(3)] + [candidate(9, "number", 7, 8)])
    assert "task_0001" not in chosen
    assert left_out["constant_answer"] >= 2


def test_few_tasks_leave_nothing_to_a_constant() -> None:
    many = [candidate(n, "number", n, n + 1) for n in range(20)] + [candidate(50, "number", 3)]
    chosen, _ = kept(many)
    answered = {one.task_id: one.answered for one in many if one.task_id in chosen}
    frequent = most_frequent(answered.values())
    assert not any(solved(one, frequent) for one in answered.values())


def test_of_many_tasks_a_constant_gets_one_in_a_hundred_and_no_type_is_taken_away() -> None:
    many = [candidate(n, "number", n, n + 1000) for n in range(300)]
    many += [candidate(400 + n, "time", f"{n:02}:00") for n in range(12)]
    chosen, left_out = kept(many)
    answered = {one.task_id: one.answered for one in many if one.task_id in chosen}
    frequent = most_frequent(answered.values())
    easy = sum(solved(one, frequent) for one in answered.values())
    assert 0 < easy <= CONSTANT_SHARE * len(chosen)
    assert left_out["constant_answer"] == 0
