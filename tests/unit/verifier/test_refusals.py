"""Tasks whose answer is that there is none: what a sound one holds, and what alone refuses each unsound one."""

import json
from dataclasses import replace

import pytest

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.meaning import Meanings
from shared.model import logical_form as lf
from shared.model.tasks import FieldEvidence, Source, Uniqueness
from shared.model.values import ValueKind
from shared.proof.canonical import canonical, sha256_text
from shared.proof.locators import locate
from shared.proof.results import canonical_result
from tests.unit.verifier.office_task import TASK, refusing

FILES = {
    "stock/parts.csv": "part_id,name,maker\nP-10,Bolt,Nord\nP-11,Nut,Nord\nP-12,Hinge,Nord\n",
    "counts/hall.csv": "part_id,counted\nP-10,214\nP-11,37\n",
    "counts/yard.csv": "part_id,counted\nP-12,55\n",
    "notes/round.md": "# Stock round\n\n- Date: 2026-01-04\n- Site: hall\n",
}
HALL, YARD = (lf.Table(f"counts/{name}.csv", name, "csv") for name in ("hall", "yard"))
PARTS = lf.Table("stock/parts.csv", "parts", "csv")
SITE = lf.Fact("notes/round.md", "Stock round", "Site", ValueKind.NAME)
NO_RECORD = {"cannot_answer": "no_record", "missing": "P-12"}


def part(name):
    return lf.Attribute(lf.Keyed(PARTS, "name", lf.Literal(name, ValueKind.NAME)), "part_id", ValueKind.IDENTIFIER)


def question(missing, twin, form=None):
    value = form or lf.SheetValue((HALL, YARD), SITE, "part_id", missing, "counted", ValueKind.NUMBER)
    return lf.Question("placed", (lf.Field("counted", value),), missing, twin)


def refusal(asked, truth=None, prompt="What was counted of the part Hinge at the site of the stock round?"):
    """A task that refuses, with the recorded calls that are said to show it."""
    truth = truth or NO_RECORD
    named, read = (_result(text) for text in (json.dumps({"part_id": truth["missing"]}), FILES["counts/hall.csv"]))
    return _task(asked, truth, prompt, {"c1": named, "c2": read})


def _result(text):
    return canonical_result([{"type": "text", "text": text}], None, is_error=False)


def _task(asked, truth, prompt, results):
    name = _source("c1", results, [{"pointer": "/content/0/text"}, {"parse_json": True}, {"pointer": "/part_id"}])
    rows = _source("c2", results, [{"pointer": "/content/0/text"}, {"table": {}}])
    steps = canonical([{"name": "absence", "args": {"by": "/part_id"}}])
    evidence = (FieldEvidence("cannot_answer", (rows, name), steps), FieldEvidence("missing", (name,), "[]"))
    calls = tuple(
        replace(call, depends_on=(), result_sha256=sha256_text(results[call.call_id])) for call in TASK.reference
    )
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in truth}}
    task = replace(
        TASK,
        prompt=prompt,
        ground_truth_json=canonical(truth),
        answer_types_json=canonical({name: {"type": "string"} for name in truth}),
        answer_schema_json=canonical(schema),
        evidence=evidence,
        reference=calls,
        logical_form_json=canonical(lf.to_json(asked)),
    )
    return task, results


def _source(call_id, results, steps):
    located = locate(results[call_id], canonical(steps))
    return Source(call_id, canonical(steps), located.sha256)


def meaning(tmp_path, task, **files):
    for name, text in (FILES | {name.replace("__", "/"): text for name, text in files.items()}).items():
        path = tmp_path / (name if "." in name else f"{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Meanings(FileWorld(tmp_path, "2026-03-01T09:00:00+00:00")).meaning(task, {})


HINGE, BOLT, NUT = part("Hinge"), part("Bolt"), part("Nut")
SOUND = question(HINGE, BOLT)


def test_sound_refusal_passes_every_gate(tmp_path):
    task, results = refusal(SOUND)
    assert refusing(task, results) == []
    found = meaning(tmp_path, task)
    assert (found.uniqueness, found.refusal) == (Uniqueness.PROVEN, None)


def test_absence_that_another_sheet_shows_is_refused_by_the_files_alone(tmp_path):
    """The rows that were read lack it, but the question means rows that hold it."""
    task, results = refusal(question(HINGE, BOLT))
    assert refusing(task, results) == []
    found = meaning(tmp_path, task, counts__hall="part_id,counted\nP-10,214\nP-11,37\nP-12,41\n")
    assert found.refusal
    assert found.refusal.reason == "false_absence"


def test_absence_of_what_the_cited_rows_hold_does_not_derive():
    task, results = refusal(SOUND, {"cannot_answer": "no_record", "missing": "P-11"})
    assert refusing(task, results) == ["rederive"]


@pytest.mark.parametrize(
    ("cell", "reason", "refused"),
    [("", "no_value", ""), (" ", "no_record", "false_absence"), ("41", "no_value", "false_absence")],
)
def test_empty_cell_is_another_reason_than_no_row(tmp_path, cell, reason, refused):
    task, _ = refusal(SOUND, {"cannot_answer": reason, "missing": "P-12"})
    found = meaning(tmp_path, task, counts__hall=f"part_id,counted\nP-10,214\nP-12,{cell}\n")
    assert (found.refusal.reason if found.refusal else "") == refused


@pytest.mark.parametrize(
    "files",
    [
        {"office__list": "part_id,counted,by\nP-12,41,Ada\n"},
        {"office__list": "name,Counted\nHinge,41\nBolt,3\n"},
        {"notes__hinge.md": "# Count of Hinge\n\n- Counted: 41\n"},
    ],
)
def test_what_another_file_says_is_not_missing(tmp_path, files):
    found = meaning(tmp_path, refusal(SOUND)[0], **files)
    assert found.refusal
    assert found.refusal.reason == "held_elsewhere"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (question(HINGE, HINGE), "no_twin"),
        (question(HINGE, part("Screw")), "no_twin"),
        (question(HINGE, lf.Literal("P-10", ValueKind.IDENTIFIER)), "no_twin"),
        (question(BOLT, NUT), "false_absence"),
        (question(lf.Literal("P-12", ValueKind.IDENTIFIER), BOLT), "false_absence"),
        (
            question(HINGE, BOLT, lf.Attribute(lf.Keyed(HALL, "part_id", HINGE), "counted", NUT.kind)),
            "unproven_absence",
        ),
        (question(HINGE, NUT, lf.SheetValue((HALL,), SITE, "part_id", BOLT, "counted", NUT.kind)), "unproven_absence"),
    ],
)
def test_refusal_that_the_files_do_not_bear_out_is_refused(tmp_path, asked, reason):
    found = meaning(tmp_path, refusal(asked)[0])
    assert found.refusal
    assert found.refusal.reason == reason


def test_twin_of_a_refusal_has_an_answer(tmp_path):
    twin = lf.twin_of(SOUND)
    assert twin == lf.Question("placed", (lf.Field("counted", replace(SOUND.fields[0].value, key=BOLT)),))
    task = replace(
        refusal(SOUND)[0],
        logical_form_json=canonical(lf.to_json(twin)),
        ground_truth_json='{"counted":214}',
        answer_types_json='{"counted":{"type":"integer"}}',
    )
    assert meaning(tmp_path, task).uniqueness is Uniqueness.PROVEN


def test_halves_of_a_refusal_are_refused():
    task, results = refusal(SOUND)
    answerable = canonical(lf.to_json(replace(SOUND, missing=None, twin=None)))
    absent, named = task.evidence
    assert refusing(replace(task, logical_form_json=answerable), results) == ["bad_refusal"]
    elsewhere = _source("c2", results, [{"pointer": "/content/0/text"}, {"span": [0, 4]}])
    other = replace(named, sources=(elsewhere,), transforms_json='[{"name":"upper"}]')
    assert "bad_refusal" in refusing(replace(task, evidence=(absent, other)), results)
    steps = canonical([{"name": "absence", "args": {"by": "/part_id"}}, {"name": "identity"}])
    assert refusing(replace(task, evidence=(replace(absent, transforms_json=steps), named)), results) == ["bad_refusal"]


def test_name_of_what_is_missing_does_not_stand_in_the_text():
    task, results = refusal(SOUND, prompt="What was counted of the Hinge (P-12) at the site of the stock round?")
    assert "prompt_only" in refusing(task, results)
