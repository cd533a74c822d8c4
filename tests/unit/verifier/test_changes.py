"""Tasks that change something: each gate about end states has a task that it alone refuses."""

from dataclasses import replace

import pytest

from services.verifier.domain.case import Refusal
from services.verifier.domain.gates import LEFT
from services.verifier.domain.replaying import replay
from services.verifier.domain.verifying import Verifier
from shared.model import logical_form as lf
from shared.model.tasks import VerdictKind
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.end_state import UNTOUCHED, Kind, PathChange, content_digest, end_state
from tests.fakes.note_task import PATH, QUESTION, note_task
from tests.unit.verifier.built_world import NAMED
from tests.unit.verifier.office_task import FakeMeanings, FakeSimulator, draft_of, refusing
from tests.unit.verifier.test_meaning_gates import PARTS_TABLE, part, world  # noqa: F401  (a fixture)

VERIFIED, RECORDINGS = note_task()
TASK = VERIFIED.task
RESULTS = {call.call_id: one.result_json for call, one in zip(TASK.reference, RECORDINGS, strict=True)}
EVIDENCE = {
    "counterfactuals": canonical(
        [
            {"call_id": "c2", "argument": "/order_id", "outcome": "fails"},
            {"call_id": "c3", "argument": "/text", "outcome": "changes"},
        ]
    ),
    "repeated": canonical([{"call_id": name, "same": True, "volatile": []} for name in ("c1", "c2", "c3")]),
}


def refused(task=TASK, **evidence):
    return refusing(task, RESULTS, **(EVIDENCE | evidence))


class Moved(FakeSimulator):
    """Answers from recordings, and says what they left."""

    def __init__(self, left=TASK.end_state_json):
        super().__init__(RECORDINGS)
        self._left = left

    async def left(self):
        return self._left


def test_sound_task_passes_every_gate():
    assert refused() == []


@pytest.mark.parametrize(
    "task",
    [
        replace(TASK, end_state_json=""),
        replace(TASK, logical_form_json=canonical(lf.to_json(replace(QUESTION, change=None)))),
        replace(TASK, logical_form_json="{}"),
        replace(TASK, end_state_json=TASK.end_state_json.replace("created", "made")),
        replace(TASK, end_state_json=TASK.end_state_json.replace(PATH, f"/workspace/{PATH}")),
        replace(TASK, end_state_json=TASK.end_state_json.replace(PATH, f"../{PATH}")),
        replace(TASK, end_state_json=TASK.end_state_json.replace(",", ", ")),
        replace(TASK, end_state_json=canonical([*2 * [{"path": PATH, "kind": "created", "sha256": "1"}]])),
        replace(TASK, end_state_json="{}"),
    ],
    ids=["no state", "no change", "no form", "kind", "absolute", "outside", "spelling", "twice", "object"],
)
def test_end_state_that_is_none_or_that_nothing_asks_for_is_refused(task):
    assert refused(task) == ["bad_end_state"]


def test_what_the_files_do_not_say_cannot_be_written():
    missing = replace(QUESTION, missing=QUESTION.fields[0].value, twin=QUESTION.fields[0].value)
    task = replace(TASK, logical_form_json=canonical(lf.to_json(missing)))
    assert set(refused(task)) == {"bad_refusal", "bad_end_state"}


def test_change_that_changes_nothing_is_refused():
    assert refused(replace(TASK, end_state_json=UNTOUCHED)) == ["idle_end_state"]


@pytest.mark.parametrize("said", [PATH, "Supplier"])
def test_text_that_leaves_out_where_or_under_which_label_is_refused(said):
    assert refused(replace(TASK, prompt=TASK.prompt.replace(said, "it"))) == ["unsaid"]


def test_value_that_what_is_left_does_not_depend_on_is_refused():
    same = EVIDENCE["counterfactuals"].replace("changes", "same")
    assert refused(counterfactuals=same) == ["edge_evidence"]
    assert refused(counterfactuals=canonical([{"call_id": "c2", "argument": "/order_id", "outcome": "fails"}])) == [
        "edge_evidence"
    ]


def test_world_that_differs_on_another_day_is_refused():
    again = canonical(
        [{"call_id": name, "same": True, "volatile": [], "other_change": name == "c3"} for name in ("c1", "c2", "c3")]
    )
    assert refused(repeated=again) == ["unstable"]


def test_text_that_holds_what_is_to_be_written_is_refused():
    assert refused(replace(TASK, prompt=TASK.prompt.replace("…", "Kestrel"))) == ["prompt_only"]


@pytest.mark.parametrize("left", ["", UNTOUCHED, TASK.end_state_json.replace(PATH, "orders/else.txt")])
async def test_reference_that_leaves_something_else_is_refused(left):
    found = await replay(Moved(left), TASK)
    assert isinstance(found, Refusal)
    assert found.reason == LEFT
    assert not isinstance(await replay(Moved(), TASK), Refusal)


async def test_it_is_published_with_its_end_state_and_the_names_of_its_checks():
    draft = draft_of(TASK, **EVIDENCE)
    verified = await Verifier(Moved(), FakeMeanings()).verify(draft)
    assert verified.verdict.kind is VerdictKind.VERIFIED, verified.verdict
    assert verified.task.task.end_state_json == TASK.end_state_json
    assert {"bad_end_state", "idle_end_state", "left_otherwise"} <= set(verified.task.checks)


MAKER = lf.Attribute(part("Bolt"), "maker", NAMED)
COUNT = lf.Aggregate(
    PARTS_TABLE, lf.Function.COUNT, "", (lf.Condition("maker", lf.Operator.EQUAL, lf.Literal("Nord", NAMED)),)
)
NOTE = "office/handover.txt"


def judged(meanings, text, path=NOTE, lines=(("Maker", MAKER), ("Parts", COUNT)), kind=Kind.CREATED):
    fields = (lf.Field("maker", MAKER), lf.Field("count", COUNT))
    change = lf.Note(path, tuple(lf.Line(*line) for line in lines))
    made = end_state([PathChange(NOTE, kind, content_digest(text.encode()))])
    task = replace(
        TASK,
        prompt="?",
        logical_form_json=canonical(lf.to_json(lf.Question("note", fields, change=change))),
        ground_truth_json=canonical({"maker": "Nord", "count": 2}),
        answer_types_json=canonical({"maker": {"type": "string"}, "count": {"type": "integer"}}),
        end_state_json=made,
    )
    refusal = meanings.meaning(task, {}).refusal
    return refusal.reason if refusal else ""


def test_what_is_left_has_to_say_what_the_files_say(world):  # noqa: F811
    meanings = world()
    assert judged(meanings, "Maker: Nord\nParts: 2\n") == ""
    for wrong in ("Maker: Süd\nParts: 2", "Maker: Nord\nParts: 3", "Parts: 2\nMaker: Nord", "Maker: Nord", "Nord\n2"):
        assert judged(meanings, wrong) == "meaning_mismatch"
    assert judged(meanings, "Maker: Nord\nParts: 2", kind=Kind.CHANGED) == "meaning_mismatch"
    assert judged(meanings, "Maker: Nord\nParts: 2", path="office/else.txt") == "meaning_mismatch"


def test_a_note_where_a_file_lies_already_is_refused(world):  # noqa: F811
    assert judged(world(office__handover="x"), "Maker: Nord\nParts: 2") == ""
    assert judged(world(**{"office__handover.txt": "x"}), "Maker: Nord\nParts: 2") == "meaning_mismatch"


def test_a_number_that_is_written_in_more_than_one_way_is_refused(world):  # noqa: F811
    weight = lf.Attribute(part("Bolt"), "weight_kg", ValueKind.NUMBER)
    assert judged(world(), "Weight: 1.5\n", lines=(("Weight", weight),)) == "meaning_mismatch"
