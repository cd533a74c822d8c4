"""Words of a text, numbers and dates in one form."""

from decimal import Decimal

import pytest

from services.verifier.domain.wording import holds, is_small, words_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It cost 129 in all.", 129),
        ("It cost $129.00.", "129"),
        ("about 1,290.50 USD", Decimal("1290.5")),
        ("3.5kg of beans", "3.5 kg"),
        ("on 2 March 2026", "2026-03-02"),
        ("March 2nd, 2026?", "2026-03-02"),
        ("at 2026-03-02T09:30:00+00:00", "2026-03-02"),
        ("from Kyoto\nMetalworks\u2019s plant", "Kyoto Metalworks"),
        ("(sku-2217)", "SKU-2217"),
        ("down by -5.0 %", -5),
        ("in Europe/Stockholm.", "Europe/Stockholm"),
    ],
)
def test_value_is_found_however_it_is_written(text, value):
    assert holds(words_of(text), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It cost 1290.", 129),
        ("PO-2026-017", "017"),
        ("PO-2026-017", 2026),
        ("Kyoto and Metalworks", "Kyoto Metalworks"),
        ("orders.csv", "orders"),
        ("true enough", True),
        ("25.601", "25.60"),
        ("anything", ""),
    ],
)
def test_value_inside_something_else_is_not_found(text, value):
    assert not holds(words_of(text), value)


def test_small_is_an_integer_up_to_twelve():
    assert [is_small(value) for value in (12, "-3", Decimal("2.0"), 13, "2.5", True, "x")] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]
