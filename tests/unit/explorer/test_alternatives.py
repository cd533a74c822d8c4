"""Which other literals are proposed for a failed call, and in which order."""

import pytest

from services.explorer.domain.alternatives import bent_calls, named_values
from services.explorer.domain.ports import Refusal
from shared.proof.canonical import parse_canonical
from tests.unit.explorer.shop import SKU, binding, call


def proposed(refused, text):
    return [parse_canonical(one.arguments_json) for one in bent_calls(Refusal(refused, refused.arguments_json, text))]


def test_argument_that_the_error_mentions_is_varied_first():
    refused = call(
        "c1",
        "sheet",
        '{"path":"a.xlsx","sheet":"Orders"}',
        bindings=(binding("/path", "a.xlsx", "b.xlsx"), binding("/sheet", "Orders", "Budget")),
    )
    by_sheet = proposed(refused, "Sheet 'Orders' is missing")
    by_path = proposed(refused, "no such file: a.xlsx")
    assert by_sheet[1] == {"path": "a.xlsx", "sheet": "Budget"}
    assert by_path[1] == {"path": "b.xlsx", "sheet": "Orders"}


def test_hint_replaces_the_argument_it_is_about_and_no_value_that_flowed():
    refused = call("c1", "sheet", '{"sku":null,"sheet":"Orders","row":9}', (SKU,))
    assert proposed(refused, "Sheet 'Orders' not found. Available sheets: Budget, Notes") == [
        {"sku": None, "sheet": "Budget", "row": 9},
        {"sku": None, "sheet": "Notes", "row": 9},
    ]


def test_hint_takes_the_type_of_the_literal():
    refused = call("c1", "sheet", '{"row":9}')
    assert proposed(refused, "row 9 is not valid; must be one of [1, 2]") == [{"row": 1}, {"row": 2}]


def test_error_that_names_nothing_known_proposes_nothing():
    assert proposed(call("c1", "sheet", '{"sheet":"Orders"}'), "Something went wrong") == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Available sheets: Budget, Notes", ("Budget", "Notes")),
        ("unit must be one of: kg, lb or oz.", ("kg", "lb", "oz")),
        ("Input should be 'asc', 'desc' or 'none'", ("asc", "desc", "none")),
        ("Did you mean 'orders'?", ("orders",)),
        ("Invalid unit. Valid units are ['kilogram', 'pound']", ("kilogram", "pound")),
        ("'x' is not one of ['a', 'b']", ("a", "b")),
        ("It is not available today", ()),
    ],
)
def test_valid_values_are_read_out_of_error_texts(text, values):
    assert named_values(text) == values
