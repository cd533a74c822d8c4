"""Walks over tools that nobody knows: questions about what the last call says, or a reason why there is none."""

import json
from dataclasses import replace

import pytest

from services.synthesizer.domain.backward import drafts
from services.synthesizer.domain.tasks import Catalogue
from services.verifier.domain.case import Case, first_refusal
from services.verifier.domain.gates import AFTER_REPLAY, BEFORE_REPLAY
from shared.model import logical_form as lf
from shared.model.calls import DataFlow
from shared.model.catalogue import Behaviour, Effect
from shared.model.explorations import Counterfactual, CounterfactualOutcome, RepeatedCall
from shared.model.values import ValueKind
from shared.proof.canonical import canonical, sha256_text
from tests.unit.synthesizer.explorations import call, catalogue, exploration

WALK = '{"walk":true}'
ABOUT = {"path": "/workspace/parcels/box.md"}
BOX = "Barcode: PK-40417\nGross weight kg: 18.4\nPacked: 2026-01-09\nok: true\nparts: 3\n"
BARCODE = canonical([{"pointer": "/content/0/text"}, {"key_value": "Barcode"}])


def look(text=BOX, arguments=None, call_id="c1", **more):
    return call(call_id, "look_into", arguments or ABOUT, text, meaning_json=WALK, **more)


def draft_of(*calls, known=None, **more):
    (draft,) = drafts(exploration(calls, **more), known or catalogue())
    return draft


def chain(outcome=CounterfactualOutcome.CHANGES):
    """The box names a barcode; what it is asked with says who carries it."""
    flow = DataFlow("c1", BARCODE, "[]", "/barcode", sha256_text('"PK-40417"'))
    asked = call(
        "c2", "ask", {"barcode": "PK-40417"}, json.dumps({"carrier": "Nordic Freight"}), (flow,), meaning_json=WALK
    )
    tried = Counterfactual("c2", "/barcode", "c1", "{}", outcome, "x", "rec_x")
    return draft_of(look(), asked, counterfactuals=(tried,))


def passes(draft, *calls):
    results = {one.call_id: one.result_json for one in calls}
    return first_refusal((*BEFORE_REPLAY, *AFTER_REPLAY), Case(draft, draft.task, results)) is None


def test_what_a_call_says_is_asked_for_in_terms_of_what_it_was_asked():
    draft = draft_of(look())
    truth = json.loads(draft.task.ground_truth_json)
    assert truth
    assert truth.items() <= {"barcode": "PK-40417", "gross_weight_kg": 18.4}.items()
    assert "the file parcels/box.md" in draft.task.prompt
    assert passes(draft, look())


def test_form_survives_json():
    form = lf.from_json(json.loads(chain().task.logical_form_json))
    assert lf.from_json(json.loads(json.dumps(lf.to_json(form)))) == form
    given = form.fields[0].value.given[0]
    assert given == lf.Given(
        "barcode",
        lf.Result((lf.Given("path", lf.Literal(ABOUT["path"], ValueKind.PATH)),), "Barcode", ValueKind.IDENTIFIER),
    )


def test_value_that_flowed_is_described_and_not_said():
    draft = chain()
    assert json.loads(draft.task.ground_truth_json) == {"carrier": "Nordic Freight"}
    assert "the Barcode of the file parcels/box.md" in draft.task.prompt.replace("barcode", "Barcode")
    assert "PK-40417" not in draft.task.prompt
    assert "chain_2" in draft.task.tags


@pytest.mark.parametrize("outcome", [CounterfactualOutcome.SAME])
def test_flow_on_which_the_answer_does_not_hang_is_no_question(outcome):
    assert chain(outcome).nothing_reason == "no_question"


def test_record_is_named_where_several_have_the_key():
    rows = json.dumps([{"sku": "PK-1", "height_cm": 31.5}, {"sku": "PK-2", "height_cm": 44.25}])
    prompt = draft_of(look(rows)).task.prompt
    assert "the height of “PK-1”" in prompt or "the height of “PK-2”" in prompt
    nameless = json.dumps([{"height_cm": 31.5}, {"height_cm": 44.25}])
    assert draft_of(look(nameless)).nothing_reason == "no_question"


@pytest.mark.parametrize(
    "text",
    [
        "ok: true\nparts: 3\n",
        "result: 812.5",
        "Valid from: 2026-01-09",
        "Box: Box",
        "Contents: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_results_that_make_no_question(text):
    draft = draft_of(look(text))
    assert (draft.nothing_reason, draft.task) == ("no_question", None)
    assert draft.nothing_text


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "/workspace"},
        {"path": "/workspace/a.md", "query": "weights"},
        {"path": "/workspace/a.md", "names": ["a", "b"]},
        {"path": "/workspace/a.md", "side": "left", "shelf": "B-4"},
    ],
)
def test_calls_whose_subject_cannot_be_said(arguments):
    assert draft_of(look(arguments=arguments)).nothing_reason == "no_question"


def test_calls_that_move_something_or_only_compute_are_not_asked_about():
    for behaviour in (Behaviour(Effect.WORLD), Behaviour(Effect.READ_ONLY, pure=True)):
        assert draft_of(look(behaviour=behaviour)).nothing_reason == "no_question"


def test_tool_that_nobody_explains_is_not_asked_about():
    known = catalogue()
    silent = Catalogue(tuple(replace(tool, description="x") for tool in known.tools), known.servers)
    assert draft_of(look(), known=silent).nothing_reason == "no_question"


def test_value_that_the_file_name_says_or_that_moved_is_not_asked_for():
    named = look("Carrier: Nordic Freight", {"path": "/workspace/parcels/nordic-freight.md"})
    assert draft_of(named).nothing_reason == "no_question"
    moved = RepeatedCall("c1", "x", is_error=False, same_arguments=True, volatile=("/content/0/text",))
    assert draft_of(look(), repeated=(moved,)).nothing_reason == "no_question"
