"""Evidence: fields re-derive byte for byte, and any change is named with its call and field."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import Rejected
from shared.model.tasks import FieldEvidence, Source
from shared.proof.evidence import check_fields, derive
from shared.proof.locators import locate
from shared.proof.results import canonical_result

RESULTS = {
    "c1": canonical_result([{"type": "text", "text": "old price: 129.00\nnew price: 135.50\n"}], None, False),
    "c2": canonical_result([], {"rows": [{"sku": "A", "units": 4}, {"sku": "B", "units": 9}]}, False),
}
TEXT = '{"pointer":"/content/0/text"}'
OLD, NEW = f'[{TEXT},{{"key_value":"old price"}}]', f'[{TEXT},{{"span":[29,35]}}]'
ROWS = '[{"pointer":"/structuredContent/rows"}]'
ARGMAX = '[{"args":{"by":"/units"},"name":"argmax"},{"args":{"by":"/sku"},"name":"pluck"}]'
PERCENT = '[{"name":"percent_change"},{"args":{"digits":2},"name":"round"}]'


def cite(call_id: str, locator: str) -> Source:
    return Source(call_id, locator, locate(RESULTS[call_id], locator).sha256)


EVIDENCE = (
    FieldEvidence("percent", (cite("c1", OLD), cite("c1", NEW)), PERCENT),
    FieldEvidence("best", (cite("c2", ROWS),), ARGMAX),
)
TRUTH = '{"best":"B","percent":5.04}'


def test_fields_derive_from_their_sources() -> None:
    assert str(derive(EVIDENCE[0], RESULTS)) == "5.04"
    assert derive(EVIDENCE[1], RESULTS) == "B"
    assert check_fields(EVIDENCE, TRUTH, RESULTS) == []


def test_a_changed_cited_value_is_named_with_call_and_field() -> None:
    changed = RESULTS | {"c1": RESULTS["c1"].replace("135.50", "136.50")}
    (fault,) = check_fields(EVIDENCE, TRUTH, changed)
    assert (fault.reason, fault.field, fault.call_id) == ("source_changed", "percent", "c1")
    assert "136.50" in fault.text


def test_a_missing_recording_is_named() -> None:
    (fault,) = check_fields(EVIDENCE, TRUTH, {"c1": RESULTS["c1"]})
    assert (fault.reason, fault.field, fault.call_id) == ("no_recording", "best", "c2")


def test_a_wrong_ground_truth_is_named() -> None:
    (fault,) = check_fields(EVIDENCE, TRUTH.replace("5.04", "5.05"), RESULTS)
    assert (fault.reason, fault.field) == ("derives_otherwise", "percent")


def test_every_field_needs_evidence_and_every_evidence_a_field() -> None:
    assert [fault.reason for fault in check_fields(EVIDENCE[:1], TRUTH, RESULTS)] == ["no_evidence"]
    other = replace(EVIDENCE[1], field="worst")
    reasons = [fault.reason for fault in check_fields((*EVIDENCE, other), TRUTH, RESULTS)]
    assert reasons == ["no_such_field"]


def test_a_pipeline_without_an_answer_names_its_field() -> None:
    with pytest.raises(Rejected, match="field 'best'"):
        derive(replace(EVIDENCE[1], transforms_json='[{"name":"sum"}]'), RESULTS)


@given(st.integers(0, len(RESULTS["c1"]) - 1), st.sampled_from("0123456789xZ "))
def test_no_changed_byte_of_the_cited_values_goes_unseen(position: int, char: str) -> None:
    text = RESULTS["c1"]
    changed = text[:position] + char + text[position + 1 :]
    faults = check_fields(EVIDENCE, TRUTH, RESULTS | {"c1": changed})
    for source in EVIDENCE[0].sources:
        try:
            same = locate(changed, source.locator_json).sha256 == source.sha256
        except Rejected:
            same = False
        assert same or faults
