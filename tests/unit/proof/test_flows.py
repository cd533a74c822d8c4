"""What counts as the value that flowed, for the verifier's gate and for the offline check alike."""

from decimal import Decimal
from typing import Any

import pytest

from shared.proof.flows import stands_in

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("argument", "slot", "value", "holds"),
    [
        ("AB-1", None, "AB-1", True),
        (12, None, Decimal("12"), True),
        ("12", None, Decimal("12"), True),
        ("12", None, Decimal("12.0"), True),
        (["a", 1], None, ["a", 1], True),
        ("1169.5 * 0.3", (0, 6), Decimal("1169.50"), True),
        ("1169.5 * 0.3", (9, 12), Decimal("0.30"), True),
        ("1169.5 * 0.3", (9, 12), "0.3", True),
        ("1169.5 * 0.3", (9, 12), "0.30", False),
        ("1169.5 * 0.3", (9, 12), Decimal("0.31"), False),
        ("1169.5 * 0.3", (0, 5), Decimal("1169.50"), False),
        ("1,169.50", None, Decimal("1169.5"), False),
        ("1", None, True, False),
        (1, None, True, False),
        (12, (0, 2), Decimal("12"), False),
        ("AB-1", None, "AB-2", False),
    ],
)
def test_a_value_stands_where_it_went(argument: Any, slot: tuple[int, int] | None, value: Any, holds: bool) -> None:
    assert stands_in(argument, slot, value) is holds
