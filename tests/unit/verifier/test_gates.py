"""Every gate: one task passes them all, and for each gate there are tasks that it, and as a rule it alone, refuses."""

from dataclasses import replace

import pytest

from services.verifier.domain.case import Case, first_refusal
from services.verifier.domain.gates import AFTER_REPLAY, BEFORE_REPLAY
from shared.model.tasks import FieldEvidence
from shared.proof.canonical import canonical, sha256_text
from tests.fakes.dataset import ORDER
from tests.unit.verifier.office_task import RESULTS, TASK, changed, draft_of, only_items, refusing


def asking(prompt):
    return replace(TASK, prompt=prompt)


def with_tool(**fields):
    return replace(TASK, tools=(replace(TASK.tools[0], **fields), *TASK.tools[1:]))


def test_sound_task_passes_every_gate():
    assert refusing() == []


def test_truth_that_its_evidence_does_not_give_is_refused():
    wrong = replace(TASK, ground_truth_json='{"items":3,"total":25.61}')
    assert refusing(wrong) == ["rederive"]


def test_one_changed_byte_of_a_cited_result_is_refused():
    altered = RESULTS["c2"].replace("25.6", "25.7")
    assert "rederive" in refusing(results={**RESULTS, "c2": altered})


def test_changed_byte_outside_the_citation_is_refused_too():
    altered = RESULTS["c1"].replace("Ada", "Bea")
    assert refusing(results={**RESULTS, "c1": altered}) == ["rederive"]


def test_truth_without_field_is_refused():
    assert refusing(replace(TASK, ground_truth_json="{}", evidence=()))[0] == "no_answer_field"


def test_field_without_evidence_is_refused():
    assert refusing(replace(TASK, evidence=TASK.evidence[:1]))[0] == "no_answer_field"
    assert refusing(replace(TASK, evidence=(*TASK.evidence, FieldEvidence("more", (), "[]"))))[0] == "rederive"


@pytest.mark.parametrize(
    "schema",
    [
        changed(TASK.answer_schema_json, required=["total", "items", "buyer"]),
        changed(TASK.answer_schema_json, properties={"total": {"type": "string"}, "items": {"type": "integer"}}),
        changed(TASK.answer_schema_json, properties={"total": {"type": "no such type"}, "items": {"type": "integer"}}),
        '{"type":"array"}',
        "no json",
    ],
)
def test_answer_schema_that_is_none_or_does_not_admit_the_truth_is_refused(schema):
    assert refusing(replace(TASK, answer_schema_json=schema)) == ["bad_schema"]


@pytest.mark.parametrize("items", [None, {"type": "no such type"}])
def test_field_without_answer_type_is_refused(items):
    untyped = replace(TASK, answer_types_json=changed(TASK.answer_types_json, items=items))
    assert refusing(untyped)[0] == "bad_schema"


def test_failed_call_in_the_reference_is_refused():
    failed = (TASK.reference[0], replace(TASK.reference[1], is_error=True))
    assert refusing(replace(TASK, reference=failed)) == ["failed_call"]


def test_reference_over_its_own_limits_is_refused():
    assert refusing(replace(TASK, limits=replace(TASK.limits, max_calls=1))) == ["too_many_calls"]
    assert "too_many_calls" not in refusing(replace(TASK, limits=replace(TASK.limits, max_calls=2)))
    assert "too_many_calls" in refusing(replace(TASK, reference=()))


@pytest.mark.parametrize(
    "tried",
    [
        [],
        [{"call_id": "c2", "argument": "/order_id", "outcome": "same"}],
        [{"call_id": "c2", "argument": "/limit", "outcome": "fails"}],
        [{"call_id": "c1", "argument": "/order_id", "outcome": "fails"}],
        [{"call_id": "c2", "argument": "/order_id", "outcome": outcome} for outcome in ("fails", "same")],
    ],
)
def test_edge_without_depends_on_evidence_is_refused(tried):
    assert refusing(counterfactuals=canonical(tried)) == ["edge_evidence"]


def test_edge_whose_other_value_changes_the_answer_passes():
    tried = [{"call_id": "c2", "argument": "/order_id", "outcome": "changes"}]
    assert refusing(counterfactuals=canonical(tried)) == []


@pytest.mark.parametrize(
    "second",
    [
        {"same": False, "volatile": ["/structuredContent/total"]},
        {"same": False, "volatile": ["/structuredContent"]},
        {"same": False, "volatile": [""]},
        {"same": False, "volatile": []},
        {},
    ],
)
def test_cited_place_that_differed_in_the_second_run_is_refused(second):
    repeated = [{"call_id": "c1", "same": True}, {"call_id": "c2", **second}]
    assert refusing(repeated=canonical(repeated)) == ["unstable"]


def test_flow_from_a_place_that_differed_is_refused():
    repeated = [{"call_id": "c1", "same": False, "volatile": ["/content/0/text"]}, {"call_id": "c2", "same": True}]
    assert refusing(repeated=canonical(repeated)) == ["unstable"]


def test_call_that_was_not_repeated_is_refused():
    assert refusing(repeated=canonical([{"call_id": "c2", "same": True}])) == ["unstable"]


def test_place_beside_a_volatile_one_is_citable():
    repeated = [
        {"call_id": "c1", "same": True},
        {"call_id": "c2", "same": False, "volatile": ["/structuredContent/asked_at"]},
    ]
    assert refusing(repeated=canonical(repeated)) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "Call find_order for the latest order: what does it come to?",
        "Use Find-Order and give the total.",
        "Ask the desk server what the latest order comes to.",
        "With `labels`, what does the latest order come to?",
        "What does desk-find_order say of the latest order?",
    ],
)
def test_prompt_that_names_a_tool_or_a_server_is_refused(prompt):
    assert refusing(asking(prompt)) == ["names_tool"]


def test_ordinary_word_that_is_also_a_server_passes():
    assert refusing(asking("Which files lie on the desk, and what does the latest order come to?")) == []


def test_truth_that_its_own_types_do_not_reward_is_refused():
    dated = replace(TASK, answer_types_json=changed(TASK.answer_types_json, items={"type": "date"}))
    assert refusing(dated) == ["reward_of_reference"]


def test_task_that_the_empty_answer_solves_is_refused():
    nothing = replace(
        TASK,
        ground_truth_json='{"items":[],"total":""}',
        answer_types_json=canonical({"items": {"type": "list"}, "total": {"type": "string"}}),
    )
    assert "empty_answer" in refusing(nothing)


def test_task_of_which_every_field_is_guessable_is_refused():
    assert refusing(only_items()) == ["constant_answer"]


@pytest.mark.parametrize(
    ("truth", "kind", "refused"),
    [
        ("12", "number", True),
        ("13", "number", False),
        ("-12", "integer", True),
        ("true", "boolean", True),
        ('"North"', "string", True),
        ('"desc"', "string", True),
        ('"Kyoto Metalworks"', "string", False),
        ('["yes"]', "list", True),
        ('["yes","Kyoto"]', "list", False),
        ("2.5", "number", False),
    ],
)
def test_guessable_is_small_common_or_an_enum_member(truth, kind, refused):
    guess = replace(
        only_items(),
        ground_truth_json=f'{{"items":{truth}}}',
        answer_types_json=canonical({"items": {"type": kind}}),
    )
    assert ("constant_answer" in refusing(guess)) is refused


def test_wide_tolerance_makes_a_number_guessable():
    wide = replace(
        only_items(),
        ground_truth_json='{"items":11.6}',
        answer_types_json=canonical({"items": {"type": "number", "tolerance": 0.5}}),
    )
    assert "constant_answer" in refusing(wide)


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "Answers 25.60 in most cases."},
        {"input_schema_json": canonical({"type": "object", "properties": {"x": {"enum": ["25.6", "7"]}}})},
        {"input_schema_json": canonical({"type": "object", "properties": {"x": {"default": 25.6}}})},
        {"input_schema_json": canonical({"properties": {"x": {"description": "a total such as 25.6"}}})},
    ],
)
def test_answer_that_stands_with_an_offered_tool_is_refused(fields):
    assert "schema_leak" in refusing(with_tool(**fields))


def test_answer_that_stands_in_the_answer_template_is_refused():
    assert refusing(replace(TASK, answer_template='{"total": 25.6, "items": <number>}')) == ["schema_leak"]


def test_small_number_in_a_description_is_a_leak_only_where_nothing_else_has_to_be_found():
    told = with_tool(description="Reads at most 25 rows.")
    alone = replace(told, ground_truth_json='{"items":3,"total":25}')
    assert "schema_leak" in refusing(alone)
    assert "schema_leak" not in refusing(replace(told, ground_truth_json='{"items":"Oat kettle","total":25}'))


def test_number_that_merely_contains_the_answer_is_no_leak():
    assert refusing(with_tool(description="Handles up to 125.60 or 25.601 of anything.")) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "The latest order comes to $25.60, does it not?",
        "Is it 25.6 that the latest order comes to?",
        "What does order A-17 come to?",
        "What does (a-17) come to, and how many items has it?",
    ],
)
def test_text_that_holds_an_answer_or_what_must_be_found_is_refused(prompt):
    assert refusing(asking(prompt)) == ["prompt_only"]


def test_derived_answer_in_the_text_is_a_leak_though_it_is_no_cited_value():
    whole = replace(TASK.evidence[0], transforms_json=canonical([{"name": "round", "args": {"digits": 0}}]))
    rounded = replace(TASK, ground_truth_json='{"items":3,"total":26}', evidence=(whole, TASK.evidence[1]))
    assert refusing(rounded) == []
    assert refusing(replace(rounded, prompt="Does the latest order come to 26?")) == ["prompt_only"]


def test_value_that_flows_after_a_transform_may_stand_in_the_text_in_neither_form():
    (flow,) = TASK.reference[1].depends_on
    short = replace(flow, transforms_json=canonical([{"name": "drop_affix", "args": {"prefix": "A-"}}]))
    call = replace(TASK.reference[1], arguments_json='{"limit":5,"order_id":"17"}', depends_on=(short,))
    task = replace(TASK, reference=(TASK.reference[0], call))
    assert refusing(task) == []
    for said in ("A-17", "17"):
        assert refusing(replace(task, prompt=f"What does order {said} come to?")) == ["prompt_only"]


def test_system_text_counts_as_text():
    assert refusing(replace(TASK, system=f"{TASK.system} Orders such as A-17 are known.")) == ["prompt_only"]


def test_number_inside_another_number_and_name_inside_another_name_are_no_leak():
    assert refusing(asking("Of 125.60 and of A-171, what does the latest order come to?")) == []


def test_cited_value_that_the_question_itself_states_is_no_leak():
    """A condition of the question may stand in the text: `filter_eq` on A-17 cites the A-17 it compares with."""
    conditioned = replace(
        TASK,
        prompt="What does the order that A-17 names come to?",
        reference=(TASK.reference[0], replace(TASK.reference[1], depends_on=())),
        evidence=(
            *TASK.evidence[1:],
            replace(
                TASK.evidence[0],
                sources=(
                    *TASK.evidence[0].sources,
                    replace(TASK.evidence[0].sources[0], call_id="c1", locator_json=ORDER),
                ),
            ),
        ),
    )
    assert "prompt_only" in refusing(conditioned)
    stated = replace(conditioned, logical_form_json='{"is":"literal","text":"A-17","kind":"identifier"}')
    assert "prompt_only" not in refusing(stated)


def test_field_that_does_not_hang_on_a_call_it_cites_is_refused():
    order = replace(TASK.evidence[0].sources[0], call_id="c1", locator_json=ORDER, sha256=sha256_text('"A-17"'))
    idle = FieldEvidence("total", (*TASK.evidence[0].sources, order), canonical([{"name": "first"}]))
    assert refusing(replace(TASK, evidence=(idle, TASK.evidence[1]))) == ["mutation"]


def test_argument_that_is_not_the_value_that_flowed_is_refused():
    other = replace(TASK.reference[1], arguments_json='{"limit":5,"order_id":"A-18"}')
    assert refusing(replace(TASK, reference=(TASK.reference[0], other))) == ["flow"]


def test_flow_from_a_changed_place_is_refused():
    (flow,) = TASK.reference[1].depends_on
    moved = replace(TASK.reference[1], depends_on=(replace(flow, sha256="0" * 64),))
    assert refusing(replace(TASK, reference=(TASK.reference[0], moved))) == ["flow"]


def test_slot_inside_a_string_must_hold_the_value():
    (flow,) = TASK.reference[1].depends_on
    told = replace(TASK.reference[1], arguments_json='{"limit":5,"order_id":"no \\ud83d\\ude00 A-17!"}')
    right = replace(told, depends_on=(replace(flow, slot_start=5, slot_end=9),))
    wrong = replace(told, depends_on=(replace(flow, slot_start=6, slot_end=10),))
    assert refusing(replace(TASK, reference=(TASK.reference[0], right))) == []
    assert refusing(replace(TASK, reference=(TASK.reference[0], wrong))) == ["flow"]


def test_citation_that_leads_nowhere_is_refused_not_a_crash():
    place = replace(TASK.evidence[0].sources[0], locator_json=canonical([{"pointer": "/x"}]))
    task = replace(TASK, evidence=(FieldEvidence("total", (place,), "[]"), TASK.evidence[1]))
    assert first_refusal(AFTER_REPLAY, Case(draft_of(task), task, RESULTS)).reason == "rederive"


@pytest.mark.parametrize("field", ["counterfactuals", "repeated"])
def test_evidence_that_is_no_json_is_refused_not_a_crash(field):
    refusal = first_refusal(BEFORE_REPLAY, Case(draft_of(**{field: "no json"}), TASK))
    assert refusal.reason in ("edge_evidence", "unstable")


def test_mutation_of_an_unreadable_citation_is_refused_not_a_crash():
    place = replace(TASK.evidence[0].sources[0], locator_json="no json")
    task = replace(TASK, evidence=(FieldEvidence("total", (place,), "[]"), TASK.evidence[1]))
    case = Case(draft_of(task), task, RESULTS)
    for gate in AFTER_REPLAY[2:]:
        assert first_refusal((gate,), case).reason == gate.name
