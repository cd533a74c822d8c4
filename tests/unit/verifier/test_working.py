"""Every part of a question does work: what removes no row, or is said already, is refused; its twin passes."""

from decimal import Decimal

import pytest

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.meaning import Meanings
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from tests.unit.verifier.built_world import NAMED, NUMBER, task_of

ORDERS = """order_id,day,sku,region,quantity
O-1,2026-01-05,S-1,North,14
O-2,2026-01-09,S-1,South,23
O-3,2026-01-15,S-1,South,31
O-4,2026-01-21,S-2,North,42
O-5,2026-02-02,S-2,North,55
O-6,2026-02-11,S-1,South,67
"""
MAKERS = "maker,zone,days\nNord,Europe/Oslo,41\nWest,America/Lima,18\nKyo,Asia/Tokyo,36\n"
NOTE = "# Agreement with Nord\n\n- Maker: Nord\n- Delivery: 41\n- Signed on: 2026-01-10\n"
TABLE, NAMES = lf.Table("orders.csv", "orders", "csv"), lf.Table("makers.csv", "makers", "csv")
SIGNED = lf.Fact("note.md", "Agreement with Nord", "Signed on", ValueKind.DATE)
MAKER = lf.Keyed(NAMES, "maker", lf.Fact("note.md", "Agreement with Nord", "Maker", NAMED))


@pytest.fixture
def meanings(tmp_path):
    for name, text in (("orders.csv", ORDERS), ("makers.csv", MAKERS), ("note.md", NOTE)):
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
