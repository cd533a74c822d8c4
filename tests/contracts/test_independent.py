"""The second implementation in `tests/independent`, written from docs/evidence.md, says what this one says."""

import ast
import base64
import json
import random
import sys
from pathlib import Path

import pytest

import shared.proof
from cli.dataset.checking import check_dataset
from shared.proof.unit_table import CURRENCIES, CURRENCY_SIGNS, CURRENCY_WORDS
from shared.proof.units import units
from tests.fakes.export import write_export
from tests.fakes.vector_export import write_vector_export
from tests.independent import check, contents, locating, reading, transforming

VECTORS = Path(shared.proof.__file__).parent / "vectors"
HERE = Path(reading.__file__).parent


def cases(name):
    return reading.read((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def every(name):
    return pytest.mark.parametrize("case", cases(name), ids=lambda case: ascii(case)[:50])


def answer(work):
    try:
        return work()
    except reading.Wrong as error:
        return {"error": str(error)}


@every("canonical")
def test_canonical_vectors(case):
    given = answer(lambda: reading.canonical(reading.read(case["text"])))
    assert given == ({"error": case["error"]} if "error" in case else case["canonical"])
    if "error" not in case:
        assert reading.canonical(reading.restored(reading.read(given))) == given


@every("locators")
def test_locator_vectors(case):
    result = reading.restored(reading.read(reading.canonical(case["result"])))
    given = answer(lambda: locating.locate(result, case["locator"]))
    if "error" in case:
        assert given == {"error": case["error"]}
        return
    value, digest = given
    assert reading.canonical(value) == reading.canonical(reading.restored(case["value"]))
    assert reading.text_of(value) == case["text"]
    assert digest == reading.sha256(case["text"] if case["digest_of"] == "text" else reading.canonical(value))


@every("transforms")
def test_transform_vectors(case):
    given = answer(lambda: transforming.apply(case["transforms"], case["values"]))
    if "error" in case:
        assert given == {"error": case["error"]}
    else:
        assert reading.canonical(given) == reading.canonical(reading.restored(case["value"]))


@pytest.mark.parametrize("case", cases("end_states"), ids=lambda case: case["about"][:40])
def test_end_state_vectors(case):
    if "base64" in case:
        assert contents.content_digest(base64.b64decode(case["base64"])) == case["sha256"]
    else:
        assert contents.difference(case["before"], case["after"]) == case["end_state"]


def test_published_units_are_the_ones_that_labels_are_made_with():
    published = json.loads((VECTORS / "units.json").read_text(encoding="utf-8"))
    assert published["units"] == [
        {
            "name": unit.name,
            "dimension": unit.dimension,
            "factor": str(unit.factor),
            "offset": str(unit.offset),
            "aliases": list(unit.aliases),
        }
        for unit in units().values()
    ]
    assert published["currencies"] == sorted(CURRENCIES)
    assert published["currency_signs"] == CURRENCY_SIGNS
    assert published["currency_words"] == CURRENCY_WORDS


def test_it_imports_the_standard_library_and_itself_only():
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("tests.independent"), path


@pytest.fixture
def export(tmp_path):
    write_vector_export(tmp_path / "out", cases("transforms"))
    return tmp_path / "out"


def test_both_agree_on_every_field_of_an_export(export):
    said = check.check(export)
    assert check_dataset(export).problems == ()
    assert set(said.values()) == {""}
    fields = {(task["task_id"], name) for task in check.rows(export / "tasks.jsonl") for name in task["ground_truth"]}
    assert fields < set(said)
    assert len(said) == sum((checked := check_dataset(export)).__getattribute__(what) for what in ("fields", "flows"))
    assert checked.fields > 150


@pytest.mark.parametrize("seed", range(6))
def test_both_name_the_same_fields_of_a_spoilt_export(tmp_path, export, seed):
    """Labels, pipelines, locators and recordings, each changed at random: nobody finds what the other does not."""
    rng = random.Random(seed)
    tasks = [json.loads(line) for line in (export / "tasks.jsonl").read_text().splitlines()]
    for task in rng.sample(tasks, len(tasks) // 3):
        field = rng.choice(task["evidence"])
        kind = rng.choice(["truth", "pipeline", "locator", "digest"])
        if kind == "truth":
            task["ground_truth"][field["field"]] = "other"
        elif kind == "pipeline":
            field["transforms"].append({"name": rng.choice(["count", "sum", "upper", "date_part", "nothing"])})
        elif kind == "locator":
            field["sources"][0]["locator"][0] = {"pointer": rng.choice(["/structuredContent", "/nowhere", "x"])}
        else:
            field["sources"][-1]["sha256"] = "0" * 64
    (export / "tasks.jsonl").write_text("".join(json.dumps(task, ensure_ascii=False) + "\n" for task in tasks))
    wrong = {field for field, reason in check.check(export).items() if reason}
    assert wrong == {(one.task_id, one.field) for one in check_dataset(export).problems if one.field}
    assert len(wrong) > 20


def test_a_changed_recording_is_found_by_both(tmp_path):
    write_export(tmp_path / "out")
    path = tmp_path / "out/recordings.jsonl"
    path.write_text(path.read_text().replace('"total":25.6', '"total":25.7'))
    wrong = {field for field, reason in check.check(tmp_path / "out").items() if reason}
    named = {(one.task_id, one.field) for one in check_dataset(tmp_path / "out").problems if one.field}
    assert wrong == named
    assert {field for _, field in wrong} == {"items", "total"}
