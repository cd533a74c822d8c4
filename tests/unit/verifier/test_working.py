"""Every part of a question does work: what removes no row, or is said already, is refused; its twin passes."""

from decimal import Decimal

import pytest

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.meaning import Meanings
from services.verifier.domain.evaluating.working import idle
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from tests.unit.verifier.built_world import NAMED, NUMBER, task_of

ORDERS = """order_id,day,sku,region,quantity,unit_price,total
O-1,2026-01-05,S-1,North,14,12.50,175.00
O-2,2026-01-09,S-1,South,23,12.50,287.50
O-3,2026-01-15,S-1,South,31,12.50,387.50
O-4,2026-01-21,S-2,North,42,8.00,336.00
O-5,2026-02-02,S-2,North,55,8.00,440.00
O-6,2026-02-11,S-1,South,67,12.50,837.50
"""
GOODS = "sku,unit_price,weight,list_price\nS-1,12.50,3.25,14.00\nS-2,8.00,4.75,8.00\nS-3,9.10,1.10,9.50\n"
MAKERS = "maker,zone,days\nNord,Europe/Oslo,41\nWest,America/Lima,18\nKyo,Asia/Tokyo,36\n"
NOTE = "# Agreement with Nord\n\n- Maker: Nord\n- Delivery: 41\n- Signed on: 2026-01-10\n"
TABLE, NAMES = lf.Table("orders.csv", "orders", "csv"), lf.Table("makers.csv", "makers", "csv")
SIGNED = lf.Fact("note.md", "Agreement with Nord", "Signed on", ValueKind.DATE)
MAKER = lf.Keyed(NAMES, "maker", lf.Fact("note.md", "Agreement with Nord", "Maker", NAMED))


@pytest.fixture
def meanings(tmp_path):
    for name, text in (("orders.csv", ORDERS), ("goods.csv", GOODS), ("makers.csv", MAKERS), ("note.md", NOTE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Meanings(FileWorld(tmp_path, "2026-03-01T12:00:00+00:00"))


def reason(meanings, form, truth):
    refusal = meanings.meaning(task_of(form, truth), {}).refusal
    return refusal.reason if refusal else ""


def where(column, text, operator=lf.Operator.EQUAL):
    return lf.Condition(column, operator, lf.Literal(text, NAMED) if isinstance(text, str) else text)


def best(*conditions):
    return lf.Attribute(lf.Extreme(TABLE, "quantity", lf.Direction.LOWEST, conditions), "order_id", NAMED)


def total(function, *conditions):
    return lf.Aggregate(TABLE, function, "quantity", conditions, NUMBER)


SKU, SOUTH = where("sku", "S-1"), where("region", "South")
AFTER = where("day", SIGNED, lf.Operator.SINCE)


@pytest.mark.parametrize(
    ("form", "truth", "expected"),
    [
        (best(SKU), "O-1", ""),
        (best(where("sku", "S-2")), "O-4", "idle_condition"),
        (best(SKU, AFTER), "O-3", "idle_condition"),
        (total(lf.Function.SUM, SKU, AFTER), Decimal(98), ""),
        (total(lf.Function.SUM, SKU, where("day", "2026-01-02", lf.Operator.SINCE)), Decimal(135), "idle_condition"),
        (total(lf.Function.SUM, SKU, SOUTH), Decimal(121), "idle_condition"),
        (total(lf.Function.MEAN, where("sku", "S-2")), Decimal("48.5"), "idle_condition"),
        (total(lf.Function.SUM, where("sku", "S-2")), Decimal(97), ""),
        (total(lf.Function.SUM, SKU, where("region", "North")), Decimal(14), "idle_condition"),
    ],
)
def test_superlatives_want_rows_and_conditions_remove_some(meanings, form, truth, expected):
    assert reason(meanings, form, truth) == expected


def test_lookup_of_what_the_document_says_itself_is_circular(meanings):
    assert reason(meanings, lf.Attribute(MAKER, "days", NUMBER), 41) == ""
    assert reason(meanings, lf.Attribute(MAKER, "maker", NAMED), "Nord") == "idle_condition"
    assert reason(meanings, lf.Attribute(MAKER, "zone", ValueKind.TIME_ZONE), "Europe/Oslo") == ""


@pytest.mark.parametrize(
    ("time", "maker", "there", "expected"),
    [
        ("15:00", "Nord", "16:00", ""),
        ("11:00", "Nord", "12:00", "untimely"),
        ("12:00", "Nord", "13:00", "untimely"),
        ("15:00", "Kyo", "00:00", "untimely"),
        ("15:00", "West", "10:00", ""),
    ],
)
def test_time_that_is_over_or_at_night_is_untimely(meanings, time, maker, there, expected):
    zone = lf.Attribute(lf.Keyed(NAMES, "maker", lf.Literal(maker, NAMED)), "zone", ValueKind.TIME_ZONE)
    clock = lf.LocalTime(time, lf.Literal("Europe/London", ValueKind.TIME_ZONE), zone)
    assert reason(meanings, clock, there) == expected


def of_goods(column, order="O-2"):
    led = lf.Attribute(lf.Keyed(TABLE, "order_id", lf.Literal(order, NAMED)), "sku", ValueKind.IDENTIFIER)
    return lf.Attribute(lf.Keyed(lf.Table("goods.csv", "goods", "csv"), "sku", led), column, NUMBER)


def test_what_the_row_on_the_way_says_already_needs_no_look_elsewhere(meanings):
    assert reason(meanings, of_goods("unit_price"), Decimal("12.50")) == "idle_condition"
    assert reason(meanings, of_goods("weight"), Decimal("3.25")) == ""
    assert reason(meanings, of_goods("list_price"), Decimal("14.00")) == ""


def test_total_times_a_price_that_the_rows_carry_is_a_detour(meanings):
    units = total(lf.Function.SUM, SKU)

    def times(column):
        each = lf.Attribute(
            lf.Keyed(lf.Table("goods.csv", "goods", "csv"), "sku", lf.Literal("S-1", NAMED)), column, NUMBER
        )
        return lf.Computed(lf.Operation.PRODUCT, (each, units))

    assert reason(meanings, times("unit_price"), Decimal("1687.50")) == "idle_condition"
    assert reason(meanings, times("list_price"), Decimal("1890.00")) == ""
    assert reason(meanings, times("weight"), Decimal("438.75")) == ""


def test_lowest_of_what_is_the_same_in_every_row_is_no_question(meanings):
    price = lf.Aggregate(TABLE, lf.Function.MIN, "unit_price", (SKU,), NUMBER)
    assert reason(meanings, price, Decimal("12.50")) == "idle_condition"
    either = lf.Aggregate(
        TABLE, lf.Function.MIN, "unit_price", (where("day", "2026-01-09", lf.Operator.SINCE),), NUMBER
    )
    assert reason(meanings, either, Decimal("8.00")) == ""


@pytest.mark.parametrize(
    ("sku", "columns", "said"),
    [
        ("S-2", ("unit_price", "list_price"), "list_price is 8.00"),
        ("S-1", ("unit_price", "list_price"), ""),
        ("S-2", ("unit_price", "weight"), ""),
    ],
)
def test_one_figure_under_two_names_is_asked_for_once(tmp_path, sku, columns, said):
    (tmp_path / "goods.csv").write_text(GOODS, encoding="utf-8")
    row = lf.Keyed(lf.Table("goods.csv", "goods", "csv"), "sku", lf.Literal(sku, ValueKind.IDENTIFIER))
    fields = tuple(lf.Field(name, lf.Attribute(row, name, ValueKind.NUMBER)) for name in columns)
    found = idle(Evaluator(FileWorld(tmp_path, "2026-03-01T12:00:00+00:00")), lf.Question("test", fields))
    assert found.startswith(said)
    assert bool(found) == bool(said)
