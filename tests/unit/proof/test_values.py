"""Taking results apart: every locator leads back, echoes are subtracted, units and records are read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.values import Value, ValueKind
from shared.proof.canonical import canonical
from shared.proof.locators import locate
from shared.proof.results import canonical_result
from shared.proof.values import MAX_VALUES, extract

words = st.text(alphabet=st.sampled_from("ab 1.:,;|-\n\t{}[]\"'#€SKU_/$%°"), max_size=30)
cells = st.one_of(
    st.integers(-(10**20), 10**20), st.floats(allow_nan=False), words, st.none(), st.sampled_from(["SKU-1", "3.5 kg"])
)
documents = st.recursive(
    cells,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["a/b", "result", "name", "weight_lb", "rows", "columns", "~"]), inner, max_size=4
        ),
    ),
    max_leaves=14,
)


def text_result(*texts: str) -> str:
    return canonical_result([{"type": "text", "text": text} for text in texts], None, False)


def by_text(values: tuple[Value, ...]) -> dict[str, Value]:
    return {value.text: value for value in reversed(values)}


@settings(deadline=None)
@given(documents, documents, words)
def test_every_locator_leads_back_to_its_value(structured: Any, inside: Any, prose: str) -> None:
    for result in (
        canonical_result([], structured, False),
        text_result(json.dumps(inside), prose),
        canonical_result([], {"result": json.dumps(inside, indent=1)}, False),
    ):
        for value in extract(result):
            located = locate(result, value.locator_json)
            assert (located.text, located.json) == (value.text, value.json)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), cells, min_size=1), documents)
def test_nothing_that_equals_an_argument_is_told(arguments: dict[str, Any], structured: Any) -> None:
    result = canonical_result([], {"answer": structured, "echo": arguments}, False)
    told = {value.json for value in extract(result, json.dumps(arguments))}
    assert not told & {json.dumps(value) for value in arguments.values()}


def test_columns_and_rows_are_read_as_records() -> None:
    rows = json.dumps({"success": True, "columns": ["sku", "weight_lb"], "rows": [["SKU-2217", 7.9], ["SKU-9", 2]]})
    found = by_text(extract(canonical_result([], {"result": rows}, False)))
    assert (found["7.9"].key, found["7.9"].kind, found["7.9"].unit, found["7.9"].row) == (
        "weight_lb",
        ValueKind.QUANTITY,
        "lb",
        "SKU-2217",
    )


def test_list_of_lists_with_a_header_is_read_as_records() -> None:
    found = by_text(extract(canonical_result([], {"data": [["Region", "Units"], ["South", 4], ["North", 5]]}, False)))
    assert found["5"].key == "Units"


def test_one_text_part_per_element_is_one_list() -> None:
    parts = [json.dumps({"name": name, "line": line}) for name, line in (("needs_reorder", 3), ("total_units", 9))]
    found = by_text(extract(text_result(*parts)))
    assert found["9"].row == "total_units"


def test_csv_and_markdown_tables_are_read_as_records() -> None:
    text = "# Stock\n\n| Item | Price (USD) |\n|---|---|\n| Kettle | 12.50 |\n\nsku,units\nA-1,4\nA-2,5\n"
    found = by_text(extract(text_result(text)))
    assert (found["12.50"].unit, found["12.50"].row) == ("USD", "Kettle")
    assert (found["5"].key, found["5"].row) == ("units", "A-2")


def test_log_lines_stand_in_the_record_of_their_commit() -> None:
    commits = (("a", "Bo Ek", 1), ("b", "Mara Li", 2))
    log = "".join(f"Commit: '{mark * 40}'\nAuthor: {name}\nDate: 2026-01-0{day}\n\n" for mark, name, day in commits)
    found = by_text(extract(text_result(log)))
    assert found["b" * 40].kind is ValueKind.HASH
    assert found["Mara Li"].row == "b" * 40


def test_typed_words_in_prose_are_found() -> None:
    text = "SKU-2217 goes from 129.00 USD to $135.50 on 1 April 2026.\nStore it below 68 °F, see notes/plan.md!"
    kinds = {value.text: (value.kind, value.unit) for value in extract(text_result(text))}
    assert kinds["SKU-2217"] == (ValueKind.IDENTIFIER, "")
    assert kinds["129.00 USD"] == kinds["$135.50"] == (ValueKind.QUANTITY, "USD")
    assert kinds["1 April 2026"] == (ValueKind.DATE, "")
    assert kinds["68 °F"] == (ValueKind.QUANTITY, "F")
    assert kinds["notes/plan.md"] == (ValueKind.PATH, "")


def test_listing_markers_are_no_part_of_the_items() -> None:
    found = {
        value.text
        for value in extract(text_result("* main\n  discount-cap\n├── orders.csv\n[FILE] budget.xlsx\n- note"))
    }
    assert {"main", "discount-cap", "orders.csv", "budget.xlsx", "note"} <= found


def test_unit_beside_a_number_is_its_unit() -> None:
    structured = {"converted_value": 3.58, "converted_unit": "kilogram", "price": 4, "currency": "EUR"}
    found = by_text(extract(canonical_result([], structured, False)))
    assert (found["3.58"].unit, found["4"].unit) == ("kg", "EUR")


@pytest.mark.parametrize(
    ("arguments", "structured"),
    [
        ({"value": 7.9}, {"original_value": 7.90}),
        ({"expression": "3.583*181"}, {"factors": [3.583, "181"]}),
        ({"path": "/workspace/orders.csv"}, {"file": "orders.csv"}),
        ({"path": "orders.csv"}, {"file": "/workspace/orders.csv"}),
        ({"query": "SELECT units FROM t WHERE sku = 'SKU-2217'"}, {"sku": "SKU-2217"}),
        ({"chart": json.dumps({"title": "Sales"})}, {"title": "Sales"}),
        ({"name": "Burr Grinder"}, {"matched": "burr  grinder"}),
    ],
)
def test_echoes_are_subtracted(arguments: dict[str, Any], structured: dict[str, Any]) -> None:
    assert extract(canonical_result([], structured, False), json.dumps(arguments)) == ()


def test_parts_of_other_words_are_no_echo() -> None:
    result = canonical_result([], {"units": 18, "sku": "SKU-22"}, False)
    assert len(extract(result, json.dumps({"q": "181 SKU-2217"}))) == 2


def test_bare_infinity_is_survived() -> None:
    found = by_text(extract(text_result('{"result": Infinity, "digits": 1e400}')))
    assert {"Infinity", "1e400"} <= set(found)


def test_huge_results_are_bounded() -> None:
    assert len(extract(canonical_result([], {"n": list(range(10_000))}, False))) == MAX_VALUES
    assert extract(text_result("[" * 5000)) is not None


@pytest.mark.parametrize("result", ["", "not json", "[]", "3", '{"content": 5}', '{"content": [1, {"type": "text"}]}'])
def test_what_is_no_result_holds_nothing(result: str) -> None:
    assert extract(result) == ()


def test_rows_that_python_printed_are_taken_apart_by_their_columns_names():
    result = canonical({"content": [{"type": "text", "text": "[{'team': 'Logistics', 'total': 6}]"}], "isError": False})
    found = {value.key: (value.text, value.locator_json) for value in extract(result)}
    steps = '[{"pointer":"/content/0/text"},{"parse_literal":true},{"pointer":"/0/%s"}]'
    assert found == {"team": ("Logistics", steps % "team"), "total": ("6", steps % "total")}
