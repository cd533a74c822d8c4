"""Questions in words: every form, in every way of asking, names what it means and nothing else."""

import random
import re

import pytest

from services.synthesizer.domain import nouns
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sentences import ask, reply
from shared.model import logical_form as lf
from shared.model.values import ValueKind

PRODUCTS = lf.Table("stock/products.csv", "products", "csv")
STAFF = lf.Table("hr/staff.json", "staff", "json")
PRICES = lf.Table("office/prices.xlsx", "Price list", "xlsx")
ORDERS = lf.Table("sales/orders.csv", "orders", "csv")
KEYS = {PRODUCTS: ("sku", "name"), STAFF: ("staff_no", "name"), PRICES: ("SKU",), ORDERS: ("order_id",)}
NOTE = lf.Fact("minutes/a.md", "Price review", "SKU", ValueKind.IDENTIFIER, dated="2026-01-12")


def said(*values, named=(), either=False):
    question = lf.Question("any", tuple(lf.Field(f"f{index}", value) for index, value in enumerate(values)))
    speaker = Speaker(KEYS, frozenset(named), either=either)
    return {ask(speaker, question, random.Random(seed)) for seed in range(40)}


def attribute(entity, column, unit=""):
    return lf.Attribute(entity, column, ValueKind.QUANTITY, unit)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("weight_lb", "weight"),
        ("lead_time_days", "lead time"),
        ("air_temp_f", "air temperature"),
        ("List price CAD", "list price"),
        ("Sep 2025 kWh", "September 2025 energy use"),
        ("oct_2025_kwh", "October 2025 energy use"),
        ("Jul (CAD)", "July figure"),
        ("Weight (lb)", "weight"),
        ("unit_price_eur", "unit price"),
        ("in_stock", "stock"),
        ("timezone", "time zone"),
        ("sku", "SKU"),
    ],
)
def test_columns_get_humane_names(column, name):
    assert nouns.humane(column) == name


@pytest.mark.parametrize(
    ("column", "table", "noun"),
    [
        ("sku", "products", "product"),
        ("account_no", "customers", "customer"),
        ("staff_no", "directory", "employee"),
        ("SKU", "Price list", "product"),
        ("probe", "temperature_log", "reading"),
        ("customer_name", "", "customer"),
        ("Department", "Budget", "department"),
    ],
)
def test_rows_are_called_what_they_are(column, table, noun):
    assert nouns.row_noun(column, table) == noun


def test_row_that_a_document_names():
    texts = said(attribute(lf.Keyed(PRODUCTS, "sku", NOTE), "weight_lb", "lb"))
    note = "the “Price review” meeting note of 12 January 2026"
    for text in texts:
        assert note in text
        assert "the weight of the product" in text or "the weight of that product" in text
    assert any("the product it names" in text for text in texts)
    assert any(f"the product named in {note}" in text for text in texts)


def test_extreme_is_asked_as_which():
    heaviest = lf.Extreme(PRODUCTS, "weight_lb", lf.Direction.HIGHEST)
    texts = said(lf.Attribute(heaviest, "name", ValueKind.NAME), attribute(heaviest, "price_eur", "EUR"))
    assert texts == {"Which product is the heaviest, and what is its price?"}


def test_file_is_named_where_it_matters():
    entity = lf.Keyed(PRODUCTS, "name", lf.Literal("Oak Stool", ValueKind.NAME))
    assert all(
        re.search(r"(, |^)([Gg]oing by|[Aa]ccording to) the products list[,.?]", text)
        for text in said(attribute(entity, "price_eur"), named=[PRODUCTS])
    )
    assert all("products list" not in text for text in said(attribute(entity, "price_eur")))
    sheet = lf.Keyed(PRICES, "SKU", lf.Literal("SKU-1", ValueKind.IDENTIFIER))
    assert all(
        re.search(r"(, |^)([Gg]oing by|[Aa]ccording to) the “Price list” sheet of the prices workbook[,.?]", text)
        for text in said(attribute(sheet, "Price"), named=[PRICES])
    )
    assert all("workbook" not in text for text in said(attribute(sheet, "Price")))


def test_local_time_names_place_and_people():
    zone = lf.Attribute(
        lf.Keyed(STAFF, "name", lf.Literal("Aiko Mori", ValueKind.NAME)), "timezone", ValueKind.TIME_ZONE
    )
    texts = said(lf.LocalTime("09:30", lf.Literal("America/New_York", ValueKind.TIME_ZONE), zone))
    assert len(texts) > 2
    assert all("09:30" in text and "New York" in text and "Aiko Mori" in text for text in texts)


def test_conditions_read_as_phrases():
    where = (
        lf.Condition("region", lf.Operator.EQUAL, lf.Literal("North", ValueKind.NAME)),
        lf.Condition("date", lf.Operator.SINCE, lf.Literal("2026-01-12", ValueKind.DATE)),
    )
    total = lf.Aggregate(ORDERS, lf.Function.SUM, "total_eur", where, unit="EUR")
    for text in said(total):
        assert "the total value of all orders in the North region dated on or after 12 January 2026" in text


def test_either_of_two_is_said():
    other = lf.Attribute(lf.Extreme(PRODUCTS, "weight_lb", lf.Direction.LOWEST), "sku", ValueKind.IDENTIFIER)
    where = (lf.Condition("sku", lf.Operator.ONE_OF, lf.Several((NOTE, other))),)
    for text in said(lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", where)):
        assert "“Price review” meeting note of 12 January 2026" in text
        assert re.search(r"for the (product (named )?in the .* 2026|product it names) or the lightest product", text)


def test_two_documents_of_one_sort_are_named_together():
    first, second = (lf.Fact(f"minutes/{n}.md", f"Delivery promise {n}", "SKU", ValueKind.IDENTIFIER) for n in "AB")
    where = (lf.Condition("sku", lf.Operator.ONE_OF, lf.Several((first, second))),)
    for text in said(lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", where)):
        assert (
            "the products named in the “Delivery promise A” meeting note and the “Delivery promise B” meeting" in text
        )


def test_document_that_was_named_is_there():
    bought = lf.Fact("docs/a.docx", "Supply agreement SA-1", "Purchase price", ValueKind.QUANTITY, "EUR")
    product = lf.Keyed(PRODUCTS, "sku", lf.Fact(bought.path, bought.title, "SKU", ValueKind.IDENTIFIER))
    for text in said(lf.Computed(lf.Operation.DIFFERENCE, (bought, attribute(product, "price_eur")))):
        assert text.count("SA-1") == 1
        assert re.search("product it names|product (named )?in the (supply agreement SA-1|agreement)", text)


def test_cut_title_is_not_quoted():
    whole = nouns.document("minutes/2025-10-17-storage-conditions.md", "Storage conditions", "")
    assert whole == "the “Storage conditions” meeting note"
    cut = nouns.document("minutes/2025-10-17-storage-conditions-test-kitchen.md", "Storage conditions", "")
    assert cut == "the storage conditions note"


def test_limit_is_called_a_limit_where_only_its_page_says_so():
    limit = lf.Fact("pages/a.html", "Storage limits", "Cellar, temperature", ValueKind.QUANTITY, "C")
    for text in said(lf.Converted(limit, "C", "F")):
        assert "the temperature limit for Cellar" in text
        assert "he “Storage limits” page" in text


def test_row_among_described_ones_is_asked_for_after_them():
    where = (lf.Condition("sku", lf.Operator.EQUAL, NOTE),)
    best = lf.Extreme(ORDERS, "quantity", lf.Direction.LOWEST, where)
    for text in said(attribute(best, "order_id"), attribute(best, "quantity")):
        assert text.index("product") < text.lower().index("which one has the smallest")


def test_change_within_one_document_names_it_once():
    old, new = (
        lf.Fact("minutes/a.md", "Price review", key, ValueKind.QUANTITY, "EUR") for key in ("Old price", "New price")
    )
    for text in said(lf.Computed(lf.Operation.PERCENT_CHANGE, (old, new))):
        assert text.count("Price review") == 1
        assert text.index("old price") >= 0
        assert "new price" in text


def test_labels_with_names_inside_are_quoted():
    assert nouns.label("Cold Store, temperature") == "temperature for Cold Store"
    assert nouns.label("Visit to Cold Store") == "“Visit to Cold Store” value"
    assert nouns.label("Purchase price CAD") == "purchase price"
    assert nouns.label("Old price") == "old price"
    assert nouns.label("SKU") == "SKU"


@pytest.mark.parametrize("seed", range(6))
def test_reply_states_every_key_and_form(seed):
    text = reply([("a", "in pounds"), ("b", "24-hour HH:MM")], random.Random(seed))
    assert "“a” (in pounds)" in text
    assert "“b” (24-hour HH:MM)" in text
    assert "“a”" in reply([("a", "")], random.Random(seed))


def test_people_join_and_things_are_dated():
    since = lf.Literal("2026-01-12", ValueKind.DATE)
    joined = (lf.Condition("joined_on", lf.Operator.SINCE, since),)
    for text in said(lf.Aggregate(STAFF, lf.Function.COUNT, "", joined)):
        assert "employees who joined on or after 12 January 2026" in text


def test_source_that_both_sides_share_is_named_once():
    one, other = (lf.Keyed(PRICES, "SKU", lf.Literal(text, ValueKind.IDENTIFIER)) for text in ("SKU-1", "SKU-2"))
    form = lf.Computed(lf.Operation.DIFFERENCE, (attribute(one, "List price CAD"), attribute(other, "List price CAD")))
    for text in said(form, named=(PRICES,)):
        assert text.count("the prices workbook") == 1
    for text in said(form):
        assert "workbook" not in text


def test_counts_are_most_or_fewest():
    fewest = lf.Extreme(STAFF, "contractors", lf.Direction.LOWEST)
    assert said(lf.Attribute(fewest, "name", ValueKind.NAME)) == {"Which employee has the fewest contractors?"}


def test_days_between_two_dates():
    promised = lf.Fact("minutes/a.md", "Delivery promise", "Promised delivery", ValueKind.DATE)
    joined = lf.Attribute(lf.Keyed(STAFF, "name", lf.Literal("Aiko Mori", ValueKind.NAME)), "joined_on", ValueKind.DATE)
    for text in said(lf.Computed(lf.Operation.DAYS_BETWEEN, (promised, joined), unit="day")):
        assert "days" in text
        assert re.search("promised delivery date (given )?in the “Delivery promise” meeting note|date it gives", text)
        assert "and the joining date of Aiko Mori" in text
        assert "“Delivery promise” meeting note" in text


def test_period_between_two_found_days_is_one_phrase():
    first = lf.Fact("minutes/a.md", "Price review", "Valid from", ValueKind.DATE)
    second = lf.Fact("minutes/b.md", "Stock plan", "Next count", ValueKind.DATE)
    where = (
        lf.Condition("order_date", lf.Operator.SINCE, first),
        lf.Condition("order_date", lf.Operator.BEFORE, second),
    )
    total = lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", where)
    period = (
        "dated on or after the “Valid from” date (given )?in the “Price review” meeting note "
        "and before the next count date (given )?in the “Stock plan” meeting note"
    )
    assert all(re.search(period, text) for text in said(total))


def test_value_on_a_found_sheet_is_named_by_row_and_place():
    site = lf.Fact("minutes/b.md", "Storage", "Site", ValueKind.NAME)
    value = lf.SheetValue((PRICES,), site, "SKU", NOTE, "Price", ValueKind.NUMBER)
    named = (
        "the price of the product (named )?in the “Price review” meeting note of 12 January 2026 "
        "at the site (named )?in the “Storage” meeting note"
    )
    assert all(re.search(named, text) and "the prices workbook" in text for text in said(value))


def test_changes_and_branches_are_named_without_hashes_or_values():
    day = lf.Fact("minutes/a.md", "Price review", "Valid from", ValueKind.DATE)
    file = lf.Commit("repo", "changed file", ValueKind.PATH, before=day)
    for text in said(file, lf.FileNames("repo", file, "functions")):
        assert re.search("the last commit before (the “Valid from”|that) date", text)
        assert "on the checked-out branch of the code repository" in text
        assert re.search("functions (does that file define|that file defines) today", text)
    value = lf.BranchValue("repo", "discount-cap", "DISCOUNT_CAP", "Discount cap")
    told = lf.Fact("rules/cap.html", "Discount rules", "Discount cap", ValueKind.NUMBER)
    for text in said(value, lf.Computed(lf.Operation.DIFFERENCE, (value, told))):
        assert "the discount cap on the “discount-cap” branch of the code repository" in text
        assert "“Discount rules” page" in text
        assert "DISCOUNT_CAP" not in text


def test_limit_in_another_unit_is_named_once_with_its_document():
    note = ("minutes/b.md", "Storage")
    site = lf.Condition("site", lf.Operator.EQUAL, lf.Fact(*note, "Site", ValueKind.NAME))
    log = lf.Table("sites/temperature_log.csv", "temperature_log", "csv")
    most = lf.Aggregate(log, lf.Function.MAX, "temp_f", (site,), ValueKind.QUANTITY, "F")
    limit = lf.Fact(*note, "Temperature limit", ValueKind.QUANTITY, "F")
    operands = (lf.Converted(most, "F", "C"), lf.Converted(limit, "F", "C"))
    for text in said(lf.Computed(lf.Operation.DIFFERENCE, operands, ValueKind.QUANTITY, "C")):
        assert "degrees Celsius" in text
        assert re.search("the temperature limit (given )?(there|in)|(that|the) temperature limit", text)
        assert text.count("“Storage” meeting note") == 1


def test_difference_is_asked_without_a_rule_for_its_sign_and_both_ways_where_it_may_be_below():
    one, other = (lf.Keyed(PRODUCTS, "sku", lf.Literal(text, ValueKind.IDENTIFIER)) for text in ("SKU-1", "SKU-2"))
    form = lf.Computed(lf.Operation.DIFFERENCE, (attribute(one, "weight_lb"), attribute(other, "weight_lb")))
    for text in said(form):
        assert "negative" not in text
        assert text.count("the weight of") == 1
        assert "that of product" in text
    assert all("above or below" in text for text in said(form, either=True))


def test_unit_never_hangs_on_another_noun():
    note = lf.Fact("minutes/b.md", "Storage", "Floor area", ValueKind.QUANTITY, "m2")
    texts = said(lf.Converted(note, "m2", "ft2"))
    assert len(texts) > 4
    assert not any("note in square feet" in text for text in texts)


def test_chain_behind_a_document_is_said_in_two_sentences():
    author = lf.Keyed(STAFF, "name", lf.Fact("minutes/a.md", "Trip report", "Traveller", ValueKind.NAME))
    team = lf.Keyed(PRICES, "Team", lf.Attribute(author, "team", ValueKind.NAME))
    texts = said(attribute(team, "August"))
    assert any("the team of the traveller it names" in text for text in texts)
    assert all("Trip report" in text for text in texts)


def test_measure_of_two_documents_is_named_once_and_agrees_in_number():
    def two(key):
        places = [("docs/a.docx", "Supply agreement SA-1"), ("docs/b.docx", "Supply agreement SA-2")]
        operands = tuple(lf.Fact(*place, key, ValueKind.QUANTITY, "percent") for place in places)
        return said(lf.Computed(lf.Operation.DIFFERENCE, operands, unit="percent"), either=True)

    assert all("that of" not in text and "the one in" in text for text in two("Penalty per week of delay"))
    assert all(" is " not in text and "those in" in text for text in two("Payment terms"))


def test_branch_is_compared_with_the_one_of_its_page():
    value = lf.BranchValue("repo", "free-shipping", "FREE", "Free shipping from")
    told = lf.Fact("rules/cap.html", "Stock rules", "Free shipping from", ValueKind.NUMBER)
    for text in said(value, lf.Computed(lf.Operation.DIFFERENCE, (value, told))):
        assert "the one in the “Stock rules” page" in text
        assert text.count("“Free shipping from” value") == 1


def test_head_of_a_team_is_a_person():
    team = lf.Keyed(PRICES, "Team", lf.Literal("Logistics", ValueKind.NAME))
    texts = said(lf.Attribute(team, "head", ValueKind.NAME))
    assert all(re.search("[Ww]ho (heads|is the head of) ", text) for text in texts)


def test_customer_placed_an_order():
    customer = lf.Attribute(
        lf.Keyed(ORDERS, "order_id", lf.Literal("PO-2026-017", ValueKind.IDENTIFIER)), "customer", ValueKind.NAME
    )
    where = (lf.Condition("customer", lf.Operator.EQUAL, customer),)
    for text in said(lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", where)):
        assert "all orders by the customer who placed order PO-2026-017" in text
    late = lf.Condition("date", lf.Operator.SINCE, lf.Literal("2026-01-12", ValueKind.DATE))
    for text in said(lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", (*where, late))):
        assert "orders dated on or after 12 January 2026 by the customer who" in text, "the day is of all the orders"


def test_measures_of_code_are_asked_as_how_many():
    def measures(*names, path="a.py"):
        return tuple(lf.CodeMeasure(path, name) for name in names)

    assert all(
        "how many classes and functions" in text.lower() for text in said(*measures("class_count", "function_count"))
    )
    both = (*measures("line_count"), *measures("line_count", path="b.py"))
    for text in said(lf.Computed(lf.Operation.MEAN, both)):
        assert re.search(r"(?i)how many lines .*\ba\.py and b\.py|a\.py and b\.py.*how many lines", text)
        assert "on average" in text.lower()


@pytest.mark.parametrize(
    ("column", "said"),
    [("mar", "March figure"), ("Sept 2025", "September 2025 figure"), ("market", "market"), ("decision", "decision")],
)
def test_only_a_month_names_a_month(column, said):
    assert nouns.humane(column) == said
