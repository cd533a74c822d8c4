"""Where values stand in results of every form."""

import json

import pytest

from services.synthesizer.domain.citing import cite, find
from services.synthesizer.domain.grids import grids
from shared.model.errors import Rejected
from shared.proof.evidence import derive
from shared.proof.locators import locate
from tests.fakes.worlds import TEXTS
from tests.unit.synthesizer.explorations import call, rows

CSV = TEXTS["stock/products.csv"]
RECORDS = json.dumps([{"sku": "SKU-1001", "price": 129.5}, {"sku": "SKU-1002", "price": 84.25}])
PRICES = [["Prices, spring"], [], ["SKU", "Price"], ["SKU-1001", 129.5], ["SKU-1002", 84.25]]
SHEET = json.dumps({"range": "B1:C5", "values": PRICES})
LAMPS = "## Lamps\n| SKU | Price |\n| --- | --- |\n| SKU-1 | 5 |\n"
BOOK = f"{LAMPS}\n## Rugs\n| SKU | Price |\n| --- | --- |\n| SKU-1 | 7 |\n"
TITLED = "## Old\n| Prices | Unnamed: 1 |\n| --- | --- |\n| NaN | NaN |\n| SKU | Price |\n| SKU-1 | 5 |\n"


def value_of(wanted, text):
    made = call("c1", "look_into", {"path": "x"}, text)
    return locate(made.result_json, find(wanted, made).locator_json).value


@pytest.mark.parametrize(
    ("text", "column", "key", "named", "expected"),
    [
        (CSV, "price_eur", "sku", "SKU-1002", "84.25"),
        (RECORDS, "price", "sku", "SKU-1002", 84.25),
        (rows(["sku", "price"], ["SKU-1001", 1], ["SKU-1002", 84.25]), "price", "sku", "SKU-1002", 84.25),
        (SHEET, "Price", "SKU", "SKU-1002", 84.25),
        (TITLED, "Price", "SKU", "SKU-1", "5"),
    ],
    ids=["csv", "records", "columns and rows", "sheet with a title above", "markdown with a title above"],
)
def test_cell_is_found_by_its_row_and_column(text, column, key, named, expected):
    assert str(value_of({"column": column, "where": [[key, "equal", named]]}, text)) == str(expected)


def test_sheet_is_chosen_by_its_heading():
    wanted = {"column": "Price", "where": [["SKU", "equal", "SKU-1"]]}
    assert value_of({**wanted, "sheet": "Rugs"}, BOOK) == "7"
    with pytest.raises(Rejected, match="2 tables"):
        value_of(wanted, BOOK)


def test_all_rows_are_cited_once_and_columns_are_pointed_at_where_they_stand():
    made = call("c1", "look_into", {"path": "x"}, SHEET)
    planned = {
        "field": "total",
        "sources": [{"call": "c1", "find": json.dumps({"rows": ["SKU", "Price"], "count": 2})}],
        "transforms": [{"name": "pluck", "args": {"by": "/Price"}}, {"name": "sum"}],
    }
    evidence = cite(planned, {"c1": made}, {})
    assert str(derive(evidence, {"c1": made.result_json})) == "213.75"


def test_table_with_other_rows_than_planned_is_no_answer():
    wanted = {"rows": ["sku", "price_eur"], "count": 3}
    with pytest.raises(Rejected, match="4 rows"):
        value_of(wanted, CSV)


@pytest.mark.parametrize(
    "text",
    ["Term: 30 months\nOther: 1", "Name\nx\nTerm\n30 months\n", "|  |  |\n| --- | --- |\n| Term | 30 months |\n"],
    ids=["line", "line below", "untitled table"],
)
def test_label_is_found(text):
    assert value_of({"label": "Term"}, text) == "30 months"


def test_label_that_stands_twice_is_ambiguous():
    with pytest.raises(Rejected, match="2 values"):
        value_of({"label": "Term"}, "Term: 30 months\n\nTerm: 31 months")


def test_only_number_is_the_one_that_is_no_argument():
    made = call(
        "c1", "weigh", {"value": 7.9, "from_unit": "pound", "to_unit": "kilogram"}, '{"value":7.9,"converted":3.583}'
    )
    assert str(locate(made.result_json, find({"only": "number"}, made).locator_json).value) == "3.583"


def test_time_of_day_is_cut_out_of_the_target_moment():
    text = json.dumps(
        {"source": {"datetime": "2026-03-02T09:30:00+09:00"}, "target": {"datetime": "2026-03-02T01:30:00+01:00"}}
    )
    assert value_of({"time": "target"}, text) == "01:30"


def test_failed_call_is_never_cited():
    made = call("c1", "ask", {}, rows(["n"], [1]), looks_failed=True)
    planned = {"field": "n", "sources": [{"call": "c1", "find": '{"key":"n"}'}], "transforms": []}
    with pytest.raises(Rejected, match="nothing to cite"):
        cite(planned, {"c1": made}, {})


def test_grids_need_every_named_column():
    made = call("c1", "look_into", {"path": "x"}, CSV)
    assert len(grids(made.result_json, ["sku", "weight_lb"])) == 1
    assert not grids(made.result_json, ["sku", "colour"])


PATCH = "--- a/x/cap.py\n+++ b/x/cap.py\n@@ -1 +1 @@\n-CAP = 0.40\n+CAP = 0.3\n LOW = 1\n"
OUTLINE = json.dumps({"functions": [{"name": "cap", "row": 3}, {"name": "low", "row": 9}], "classes": []})


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ({"changed_file": True}, PATCH, "x/cap.py"),
        ({"patched": "CAP", "sign": "-"}, PATCH, "0.40"),
        ({"patched": "CAP", "sign": "+"}, PATCH, "0.3"),
    ],
)
def test_what_a_patch_changes_is_found(wanted, text, expected):
    assert value_of(wanted, text) == expected


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"changed_file": True}, f"{PATCH}--- a/y.py\n+++ b/y.py\n"),
        ({"patched": "CAP", "sign": "+"}, f"{PATCH}+CAP = 0.5\n"),
        ({"patched": "LOW", "sign": "+"}, PATCH),
        ({"records": "methods", "of": "name"}, OUTLINE),
        ({"records": "functions", "of": "title"}, OUTLINE),
    ],
    ids=["two files", "set twice", "not changed", "no such list", "no such member"],
)
def test_what_is_not_there_once_is_not_cited(wanted, text):
    with pytest.raises(Rejected):
        value_of(wanted, text)


def test_records_are_cited_as_a_list():
    assert [one["name"] for one in value_of({"records": "functions", "of": "name"}, OUTLINE)] == ["cap", "low"]


def test_kind_tells_values_of_one_key_apart():
    text = "Author: Mara Lind <mara@lind.example>"
    assert value_of({"key": "Author", "kind": "name"}, text) == "Mara Lind"
    with pytest.raises(Rejected, match="values for"):
        value_of({"key": "Author"}, text)
