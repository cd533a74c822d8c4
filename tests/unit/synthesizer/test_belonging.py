"""Rows that belong to a thing are called so in the words of whoever keeps the files, whatever the trade."""

import random

import pytest

from services.synthesizer.domain import nouns
from services.synthesizer.domain.conditions import belonging, stated
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sentences import ask
from shared.model import logical_form as lf
from shared.model.values import ValueKind

ASSETS = lf.Table("stock/assets.csv", "assets", "csv")
TICKETS = lf.Table("desk/tickets.csv", "tickets", "csv")
PARISHES = lf.Table("office/parishes.csv", "parishes", "csv")
ROOMS = lf.Table("office/rooms.xlsx", "Rooms", "xlsx")
SHELF = lf.Table("stock/count.xlsx", "Attic", "xlsx")
KEYS = {
    ASSETS: ("asset_no", "asset"),
    TICKETS: ("ticket_id",),
    PARISHES: ("parish_id", "parish"),
    ROOMS: ("Room",),
    SHELF: ("Shelf",),
}
LETTER = "desk/letter.docx"


def said(*values):
    question = lf.Question("any", tuple(lf.Field(f"f{index}", value) for index, value in enumerate(values)))
    return {ask(Speaker(KEYS), question, random.Random(seed)) for seed in range(40)}


def told(key, kind=ValueKind.NAME):
    return lf.Fact(LETTER, "Handover letter", key, kind)


def counted(column, value):
    return lf.Aggregate(TICKETS, lf.Function.COUNT, "", (lf.Condition(column, lf.Operator.EQUAL, value),))


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Plan 2026 (EUR)", "2026 plan"),
        ("Paid 2025", "amount paid in 2025"),
        ("Planned 2026", "amount planned for 2026"),
        ("claims_in_2025", "claims in 2025"),
        ("received_on", "date of receipt"),
        ("franked_on", "franked date"),
        ("due_on", "due date"),
    ],
)
def test_headings_get_the_order_of_speech(column, name):
    assert nouns.humane(column) == name


@pytest.mark.parametrize(("one", "many"), [("analysis", "analyses"), ("time entry", "time entries"), ("box", "boxes")])
def test_nouns_from_greek_have_plurals_of_their_own(one, many):
    assert (nouns.plural(one), nouns.singular(many)) == (many, one)
    assert not nouns.is_plural(one)
    assert nouns.is_plural(many)


def test_rows_are_for_what_a_number_stands_for():
    for text in said(counted("asset_no", told("Asset", ValueKind.IDENTIFIER))):
        assert "tickets for the asset" in text
    assert all("whose asset no" not in text for text in said(counted("asset_no", told("Asset"))))


def test_rows_are_of_what_their_column_is_called_after():
    parish = lf.Extreme(PARISHES, "members", lf.Direction.HIGHEST)
    for text in said(counted("parish_name", lf.Attribute(parish, "parish", ValueKind.NAME))):
        assert "tickets of the parish with the" in text


def test_what_two_rows_share_is_not_taken_for_a_place():
    ticket = lf.Keyed(TICKETS, "ticket_id", lf.Literal("T-7", ValueKind.IDENTIFIER))
    for text in said(counted("parish", lf.Attribute(ticket, "parish", ValueKind.NAME))):
        assert "tickets with the same parish as ticket T-7" in text


@pytest.mark.parametrize("label", ["Checked in", "Room for"])
def test_label_that_is_no_noun_names_a_row_by_what_it_is(label):
    row = lf.Keyed(ROOMS, "Room", told(label))
    for text in said(lf.Attribute(row, "Floor area", ValueKind.QUANTITY, "m2")):
        assert label.lower() not in text
        assert "room it names" in text or "room named in" in text or "room in the" in text


def test_what_was_counted_is_asked_by_its_name():
    asset = lf.Literal("A-7", ValueKind.IDENTIFIER)
    site = lf.Literal("Attic", ValueKind.NAME)
    for text in said(lf.SheetValue((SHELF,), site, "asset_no", asset, "Boxes counted", ValueKind.NUMBER)):
        assert "boxes did we count for" in text or "boxes were counted for" in text


def test_planned_visits_are_a_number_and_terms_are_many():
    parish = lf.Keyed(PARISHES, "parish", lf.Literal("Sawley", ValueKind.NAME))
    for text in said(lf.Attribute(parish, "visits_planned", ValueKind.NUMBER)):
        assert "number of visits planned" in text
    for text in said(lf.Attribute(parish, "payment_terms", ValueKind.QUANTITY, "day")):
        assert "is the payment terms" not in text


def test_two_that_rows_are_for_are_said_in_the_same_way():
    told_in = [lf.Fact(f"desk/{n}.docx", f"Letter {n}", "Asset", ValueKind.NAME) for n in "ab"]
    for text in said(counted("asset_no", lf.Several(tuple(told_in)))):
        assert "tickets for the assets named in" in text


def test_currency_behind_a_measure_of_its_own_is_no_part_of_the_name():
    assert nouns.label("Cost per pallet INR") == "cost per pallet"
    assert nouns.label("Route ABC") == "route ABC"


@pytest.mark.parametrize(("column", "name"), [("order_total_eur", "value"), ("total_weight_kg", "weight")])
def test_sum_of_what_orders_came_to_is_their_value(column, name):
    assert nouns.summed(column) == name


def test_nobody_speaks_of_visits_whose_visitor_is_somebody():
    assert belonging("visitor", "that colleague") == "with that colleague as the visitor"
    assert stated("messenger", lf.Literal("Registered Post", ValueKind.NAME)) == "with Registered Post as the messenger"
    assert belonging("reason", "that one") == "whose reason is that one"
