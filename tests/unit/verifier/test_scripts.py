"""What a prompt holds back: a sound script passes every gate, and each unsound one is refused by one gate alone."""

import json
from dataclasses import replace

import pytest

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.case import Case
from services.verifier.domain.evaluating.meaning import Meanings
from services.verifier.domain.judging import messages
from services.verifier.domain.script_gates import bad_script, needless_question
from shared.model import logical_form as lf
from shared.model.tasks import HeldBack, Uniqueness
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from tests.unit.verifier.built_world import task_of
from tests.unit.verifier.office_task import TASK, draft_of, refusing

ORDERS = lf.Table("orders.csv", "orders", "csv")
A17 = lf.Literal("A-17", ValueKind.IDENTIFIER)
FORM = lf.Attribute(lf.Keyed(ORDERS, "order", A17), "total", ValueKind.NUMBER)
FACT = HeldBack("order", "A-17", "I mean order A-17.")


def held(prompt="What does that order come to, and how many items has it?", facts=(FACT,), **changes):
    """The office's task, about an order that only the user knows."""
    question = lf.Question("lookup", (lf.Field("total", FORM),))
    tags = (*TASK.tags, "multi_turn") if facts else TASK.tags
    task = replace(TASK, prompt=prompt, held_back=facts, tags=tags, logical_form_json=canonical(lf.to_json(question)))
    # What flows into the second call is told, so no call has to find it.
    second = replace(task.reference[1], depends_on=())
    return replace(task, **{"reference": (task.reference[0], second), **changes})


def refused(task):
    return refusing(task, counterfactuals="[]")


def test_sound_script_passes_every_gate():
    assert refused(held()) == []


@pytest.mark.parametrize(
    "task",
    [
        held(facts=(replace(FACT, said="I mean the last one."), FACT)),
        held(facts=(replace(FACT, about="customer"),)),
        held(facts=(FACT, HeldBack("order", "A-18", "And A-18."))),
        held(tags=TASK.tags),
        replace(held(facts=()), prompt="What does order A-17 come to?", tags=("multi_turn",)),
    ],
    ids=["not told", "not spoken of", "not meant", "no tag", "no fact"],
)
def test_script_that_is_no_part_of_the_question_is_refused(task):
    assert refused(task) == ["bad_script"]


@pytest.mark.parametrize(
    "task",
    [
        held("What does that order, A-17, come to?"),
        held(answer_schema_json=canonical({**json.loads(TASK.answer_schema_json), "description": "about A-17"})),
    ],
)
def test_fact_that_the_text_tells_anyway_is_refused(task):
    assert refused(task) == ["needless_question"]


def test_what_nobody_says_is_unsaid_with_the_script_and_what_the_user_gives_away_is_given_away():
    assert refused(held(facts=())) == ["unsaid"]
    told = replace(FACT, said="I mean order A-17, the one over 25.6.")
    assert refused(held(facts=(told,))) == ["prompt_only"]
    assert refused(held(facts=(replace(FACT, said="I mean order A-17 of desk-find_order."),))) == ["names_tool"]


def test_gates_of_scripts_leave_other_tasks_alone():
    case = Case(draft_of(), TASK)
    assert (bad_script(case), needless_question(case)) == (None, None)


def test_judge_reads_what_is_said_when_asked_back():
    (_, asked) = messages(held())
    assert "I mean order A-17." in asked["content"]
    assert "said_when_asked_back" not in messages(TASK)[1]["content"]


ROWS = "order,total,region\nA-17,25.6,North\n{rest}"
DISTINCT = "A-18,30,North\nA-19,12.5,South\nA-20,8,South\n"


@pytest.fixture
def meaning(tmp_path):
    def judge(form, truth, facts=(FACT,), rest=DISTINCT):
        (tmp_path / "orders.csv").write_text(ROWS.format(rest=rest), encoding="utf-8")
        world = Meanings(FileWorld(tmp_path, "2026-03-01T09:00:00+00:00"))
        task = task_of(form, truth)
        task.held_back, task.told = facts, " ".join(fact.said for fact in facts)
        found = world.meaning(task, {})
        return found.refusal.reason if found.refusal else found.uniqueness

    return judge


def test_fact_whose_other_values_have_other_answers_is_proven(meaning):
    assert meaning(FORM, 25.6) is Uniqueness.PROVEN


@pytest.mark.parametrize(
    "rest",
    ["", "A-18,30,North\n", "A-18,25.6,North\nA-19,25.6,South\nA-20,8,South\n",
     "A-18,,North\nA-19,,South\nA-20,8,South\n"],
    ids=["alone", "one of two", "three alike", "two without an answer"],
)  # fmt: skip
def test_fact_that_can_be_guessed_is_refused(meaning, rest):
    assert meaning(FORM, 25.6, rest=rest) == "guessable_referent"
    # The same question is sound where the prompt says it.
    assert meaning(FORM, 25.6, facts=(), rest=rest) is Uniqueness.PROVEN


def test_source_that_the_user_names_when_asked_is_named(meaning, tmp_path):
    (tmp_path / "office.csv").write_text("order,total\nA-17,99\n", encoding="utf-8")
    assert meaning(FORM, 25.6) == "contradicting_source"
    assert meaning(FORM, 25.6, (replace(FACT, said="I mean order A-17 in orders.csv."),)) is Uniqueness.PROVEN


def test_condition_that_is_held_back_counts_its_column_too(meaning):
    region = lf.Condition("region", lf.Operator.EQUAL, lf.Literal("North", ValueKind.NAME))
    total = lf.Aggregate(ORDERS, lf.Function.SUM, "total", (region,))
    fact = HeldBack("region", "North", "I mean the North region.")
    more = "A-18,30,North\nA-19,12.5,South\nA-20,8,South\nA-21,7,{}\nA-22,9,{}\n"
    assert meaning(total, 55.6, (fact,), more.format("West", "West")) is Uniqueness.PROVEN
    assert meaning(total, 55.6, (fact,), more.format("South", "South")) == "guessable_referent"


def test_fact_of_what_cannot_be_read_is_refused(meaning):
    given = lf.Result((lf.Given("order", A17),), "total", ValueKind.NUMBER)
    assert meaning(given, 25.6) == "guessable_referent"
    assert meaning(given, 25.6, facts=()) is Uniqueness.OBSERVED
