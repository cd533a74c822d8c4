"""From calls that found something and wrote it down to a task that is graded by both."""

import json
from dataclasses import replace

import pytest

from services.synthesizer.domain.backward import drafts
from services.synthesizer.domain.changing import change_words
from services.synthesizer.domain.tasks import generator
from shared.model import logical_form as lf
from shared.model.calls import DataFlow, State
from shared.model.values import ValueKind
from shared.proof.canonical import canonical, sha256_text
from shared.proof.end_state import UNTOUCHED, Kind, PathChange, change, content_digest, end_state
from tests.fakes.worlds import DIGEST
from tests.unit.synthesizer.explorations import PRODUCT, asking, call, catalogue, exploration, note_call, weight_call

PATH = "notes/handover.txt"
NAME = lf.Field("name", lf.Attribute(PRODUCT, "name", ValueKind.NAME))
WEIGHT = lf.Field("weight_lb", lf.Attribute(PRODUCT, "weight_lb", ValueKind.QUANTITY, "lb"))
QUESTION = lf.Question("note", (NAME, WEIGHT), change=lf.Note(PATH, (lf.Line("Product", NAME.value),)))
CITED = [
    {"field": key, "sources": [{"call": "c2", "find": canonical({"key": key})}], "transforms": []}
    for key in ("name", "weight_lb")
]
MADE = [PathChange(PATH, Kind.CREATED, content_digest(b"Product: Brass Lamp"))]
NAME_LOCATOR = canonical([{"pointer": "/content/0/text"}, {"parse_json": True}, {"pointer": "/rows/0/0"}])


def calls(question=QUESTION, changes=MADE, start=DIGEST, answer=None, cited=CITED):
    flow = DataFlow("c2", NAME_LOCATOR, "[]", "/text", sha256_text('"Brass Lamp"'), 9, 19)
    write = call(
        "c3",
        "look_into",
        {"path": f"/workspace/{PATH}", "text": "Product: Brass Lamp\n"},
        "saved",
        (flow,),
        meaning_json=asking(question, cited),
        state_after=State("6" * 64),
        change_json=change(start, changes),
    )
    return [note_call(), replace(weight_call(answer), meaning_json="{}"), write]


def draft_of(made, **more):
    (draft,) = drafts(replace(exploration(made), **more), catalogue())
    return draft


def test_what_the_calls_left_is_the_end_state_and_the_write_is_part_of_the_reference():
    task = draft_of(calls()).task
    assert task.end_state_json == end_state(MADE)
    assert [one.call_id for one in task.reference] == ["c1", "c2", "c3"]
    assert json.loads(task.ground_truth_json) == {"name": "Brass Lamp", "weight_lb": 7.9}
    assert {"state_changing", "path_given"} <= set(task.tags)
    assert PATH in task.prompt
    assert "“Product: …”" in task.prompt
    assert lf.from_json(json.loads(task.logical_form_json)) == QUESTION


def test_a_task_without_a_change_keeps_its_id_and_says_nothing_of_an_end_state():
    plain = draft_of([note_call(), weight_call()]).task
    assert plain.end_state_json == ""
    assert "state_changing" not in plain.tags
    assert plain.task_id == "task_d893914f8a02857934fe266259c4c5dd"
    other = [PathChange(PATH, Kind.CREATED, "0" * 64)]
    assert draft_of(calls()).draft_id != draft_of(calls(changes=other)).draft_id


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (calls(changes=()), "no_change"),
        (calls(start="0" * 64), "no_change"),
        ([*calls()[:2], replace(calls()[2], change_json="")], "no_change"),
    ],
    ids=["put back", "another world", "not said"],
)
def test_calls_that_leave_nothing_make_no_task(made, reason):
    assert draft_of(made).nothing_reason == reason
    assert end_state(()) == UNTOUCHED


def test_a_world_that_differs_on_another_day_makes_no_task():
    explored = exploration(calls())
    again = (*explored.repeated[:2], replace(explored.repeated[2], other_change=True))
    assert draft_of(calls(), repeated=again).nothing_reason == "unstable_change"


def test_a_value_that_is_written_cannot_be_left_out():
    """A side field that cannot be cited falls away elsewhere; here the note would say what the answer does not."""
    cited = [{**CITED[0], "sources": [{"call": "c2", "find": canonical({"key": "nowhere"})}]}, CITED[1]]
    assert draft_of(calls(cited=cited)).nothing_reason == "no_citable_value"


def test_the_sentence_names_place_and_lines_in_order_in_many_ways():
    lines = (lf.Line("Product", NAME.value), lf.Line("Order count", WEIGHT.value))
    said = {change_words(lf.Note(PATH, lines), generator(str(seed), "words")) for seed in range(80)}
    assert len(said) > 8
    for text in said:
        assert PATH in text
        assert text.index("“Product: …”") < text.index("“Order count: …”")
