"""Errors in disguise, told apart by evidence first and words second; examples as measured on real servers."""

import json

import pytest

from shared.proof.disguise import Health, diagnose, error_text
from shared.proof.results import canonical_result


def text(*parts):
    return canonical_result([{"type": "text", "text": part} for part in parts], None, False)


def structured(value):
    return canonical_result([{"type": "text", "text": json.dumps(value)}], value, False)


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("Document x.docx does not exist", '{"filename":"x.docx"}'),
        ("Invalid table index. Document has 1 tables (0-0).", '{"table_index":4}'),
        ("Failed to add heading: style missing", "{}"),
        ("Error: ENOENT: no such file or directory, open '/workspace/x'", "{}"),
        ("Unknown project: shop", "{}"),
        ("Sheet 'Budget' not found", '{"sheet":"Budget"}'),
        ("column_index must be an integer", '{"column_index":"x"}'),
        ("ValueError: could not parse", "{}"),
        ("Catalog Error: Table with name nowhere does not exist!", "{}"),
        ("Error", "{}"),
        ("No such sheet found", "{}"),
    ],
)
def test_short_text_that_says_so_is_a_failure(said, arguments):
    assert diagnose(text(said), arguments).health is Health.FAILED


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("No occurrences of 'alpha' found", '{"text":"alpha"}'),
        ("0 matches found for error", '{"pattern":"error"}'),
        ("0 does not exist found", '{"pattern":"does not exist"}'),
        ("No invalid rows found", "{}"),
        ("Standard error: 0.31", "{}"),
        ("Error rate 4 %", "{}"),
        ("Style 'X' not found, paragraph added with default style", '{"style":"X"}'),
        ("Green coffee must be stored under 68 F.", '{"path":"note.md"}'),
        ("The keys were not found by the night shift.", '{"path":"note.md"}'),
        ("first line\nThe invoice failed to arrive\nthird line", '{"path":"note.md"}'),
        ("Supplier: Kyoto Metalworks", "{}"),
        ("x" * 390 + " does not exist", "{}"),
    ],
)
def test_facts_warnings_and_prose_are_no_failures(said, arguments):
    assert diagnose(text(said), arguments).health is Health.FINE


@pytest.mark.parametrize(
    "value",
    [
        {"success": False, "message": "no such table"},
        {"error": "no such column: sku"},
        {"status": "error", "detail": "x"},
        {"result": '{"success": false, "error": "no such table"}'},
        {"result": "Error executing tool: Project 'shop' not found"},
        {"errors": ["bad query"], "rows": []},
        [{"error": "a"}, {"error": "b"}],
    ],
)
def test_payload_that_states_failure_is_a_failure(value):
    assert diagnose(structured(value)).health is Health.FAILED


@pytest.mark.parametrize(
    "value",
    [
        {"success": True, "rows": [[1]]},
        {"error": None, "rows": []},
        {"error": 0.02, "mean": 4},
        {"errors": 0, "lines": 12},
        {"status": "ok"},
        {"rows": [{"status": "failed", "order": "PO-1"}]},
    ],
)
def test_payload_that_only_mentions_failure_is_a_result(value):
    assert diagnose(structured(value)).health is Health.FINE


def test_partial_failure_is_neither_failure_nor_fine():
    some = "alpha.txt: Error - ENOENT: no such file\n---\nbeta.txt:\nhello"
    assert diagnose(text(some)).health is Health.PARTIAL
    assert diagnose(structured([{"error": "a"}, {"value": 1}])).health is Health.PARTIAL
    assert diagnose(structured({"errors": ["one"], "rows": [[1]]})).health is Health.PARTIAL


def test_all_parts_failing_is_a_failure():
    assert diagnose(text("a: Error - ENOENT\n---\nb: Error - ENOENT")).health is Health.FAILED
    assert diagnose(text("Document a does not exist", "Document b does not exist")).health is Health.FAILED
    assert diagnose(text("Document a does not exist", "Supplier: Kyoto")).health is Health.PARTIAL


def test_moved_world_is_evidence_against_words():
    said = text("Warning: style X does not exist")
    assert diagnose(said).health is Health.FAILED
    assert diagnose(said, moved_world=True).health is Health.FINE


def test_moved_world_does_not_overrule_a_stated_failure():
    assert diagnose(structured({"success": False}), moved_world=True).health is Health.FAILED


def test_result_without_text_is_fine():
    assert diagnose(
        canonical_result([{"type": "image", "data": "AA==", "mimeType": "image/png"}], None, False)
    ).health is (Health.FINE)


def test_error_text_joins_what_the_parts_say():
    assert error_text(text("one", "two")) == "one\ntwo"
    assert error_text("") == ""
