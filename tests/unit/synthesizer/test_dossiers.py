"""Several things of one product, supplier or commit: named once, then "it" and "their", in short sentences."""

import random
import re

import pytest

from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sentences import ask
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.model.values import ValueKind

PRODUCTS = lf.Table("stock/products.csv", "products", "csv")
SUPPLIERS = lf.Table("stock/suppliers.csv", "suppliers", "csv")
ORDERS = lf.Table("sales/orders.csv", "orders", "csv")
STAFF = lf.Table("people/staff.json", "staff", "json")
TEAMS = lf.Table("finance/plan.xlsx", "Headcount", "xlsx")
SHEETS = tuple(lf.Table("count/count.xlsx", name, "xlsx") for name in ("Dry Store", "Cold Store"))
KEYS = {
    PRODUCTS: ("sku", "name"),
    SUPPLIERS: ("name",),
    ORDERS: ("order_id",),
    STAFF: ("full_name",),
    TEAMS: ("Department",),
}
SKU = lf.Fact("letters/a.docx", "Supply agreement 7", "SKU", ValueKind.IDENTIFIER)
GOODS = lf.Fact("letters/a.docx", "Supply agreement 7", "Goods", ValueKind.NAME)
PRODUCT = lf.Keyed(PRODUCTS, "sku", SKU)
MAKER = lf.Keyed(SUPPLIERS, "name", lf.Attribute(PRODUCT, "supplier", ValueKind.NAME))
COUNTED = lf.SheetValue(SHEETS, lf.Literal("Dry Store", ValueKind.NAME), "SKU", SKU, "Counted", ValueKind.NUMBER)
TOTAL = lf.Aggregate(
    ORDERS, lf.Function.SUM, "quantity", (lf.Condition("sku", lf.Operator.EQUAL, SKU),), ValueKind.NUMBER
)


def value(entity, column, kind=ValueKind.NAME):
    return lf.Attribute(entity, column, kind)


def said(family, *values):
    question = lf.Question(family, tuple(lf.Field(f"f{index}", one) for index, one in enumerate(values)))
    return [ask(Speaker(KEYS), question, random.Random(seed)) for seed in range(30)]


def test_a_product_is_named_once_and_then_it():
    for text in said("dossier", value(PRODUCT, "weight_lb"), TOTAL, COUNTED):
        assert text.count("agreement") == 1
        assert len(re.findall(r"product (?:it names|named in|named there|in the)", text)) == 1
        assert re.search(r"of it (?:did we count|were counted|at Dry Store)|(?:count|counted) .*of it", text)
        assert "of all orders for that product" in text


def test_number_and_name_of_one_letter_are_one_product():
    by_name = lf.Keyed(PRODUCTS, "name", GOODS)
    for text in said("dossier", value(PRODUCT, "weight_lb"), TOTAL, value(by_name, "price_eur")):
        assert "goods" not in text
        assert "its price" in text


def test_what_it_leads_to_is_its_own_and_then_theirs():
    for text in said("dossier", TOTAL, value(MAKER, "city"), COUNTED):
        assert "the city of its supplier" in text
        # The supplier was spoken of last, so the product has to be named.
        assert "of that product" in text.partition("supplier")[2]


@pytest.mark.parametrize("inside", [True, False])
def test_whoever_made_a_commit_is_no_commit(inside):
    day = lf.Literal("2026-02-01", ValueKind.DATE)
    author = lf.Commit("repo", "Author", ValueKind.NAME, before=day)
    file = lf.Commit("repo", CHANGED_FILE, ValueKind.PATH, before=day)
    person = lf.Keyed(STAFF, "full_name", author)
    team = lf.Keyed(TEAMS, "Department", value(person, "team"))
    opening = [file, lf.FileMeasure("repo", file, "line_count")] if inside else [file]
    for text in said("review", *opening, author, value(person, "mail"), value(team, "Contractors", ValueKind.NUMBER)):
        assert text.count("1 February 2026") == 1
        assert "made that commit" in text or "that commit. Who made it" in text
        assert "the number of contractors of their team" in text


def test_one_value_that_is_left_is_asked_for_as_ever():
    for text in said("dossier", value(PRODUCT, "price_eur")):
        assert text.count("price") == 1
