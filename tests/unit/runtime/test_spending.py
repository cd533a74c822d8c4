"""What ledger rows add up to."""

from decimal import Decimal

import pytest

from shared.model.tasks import LedgerEntry, SpendKind
from shared.runtime.spending import Account, Limits, Spent, attempt_id, attempt_of

pytestmark = pytest.mark.unit


def asked(entry_id: str, **changed: object) -> LedgerEntry:
    fields = {"seconds": 0.5, "calls": 1, "tokens_in": 10, "tokens_out": 5, "money": "0.1", **changed}
    return LedgerEntry(entry_id, "explorer", SpendKind.MODEL_REQUEST, "expl_1", **fields)  # type: ignore[arg-type]


def test_money_adds_up_exactly_and_a_row_that_comes_twice_counts_once() -> None:
    account = Account()
    assert [account.add(asked(name)) for name in ("a", "b", "c", "a")] == [True, True, True, False]
    account.add(asked("d", calls=0, tokens_in=0, tokens_out=0, money="0", cached=True, seconds=0))
    assert account.total == Spent(3, 1.5, 45, Decimal("0.3"), 1)


@pytest.mark.parametrize(
    ("limits", "spent", "said"),
    [
        (Limits(), Spent(10**9, 1, 10**9, Decimal(10**9)), ""),
        (Limits(calls=5), Spent(calls=4), ""),
        (Limits(calls=5), Spent(calls=5), "the budget of 5 calls is spent (5): raise it with --budget-calls"),
        (Limits(tokens=5), Spent(calls=9, tokens=7), "the budget of 5 tokens is spent (7)"),
        (Limits(money=Decimal("0.30")), Spent(money=Decimal("0.299999")), ""),
        (Limits(money=Decimal("0.30")), Spent(money=Decimal("0.3")), "--budget-money"),
    ],
)
def test_a_budget_is_spent_when_one_of_its_limits_is_reached(limits: Limits, spent: Spent, said: str) -> None:
    found = limits.excess(spent)
    assert said in found
    assert bool(found) == bool(said)


def test_a_second_payment_for_one_request_is_seen_in_its_id_also_from_another_process() -> None:
    first, second = (
        attempt_id("spend_1-2", 1_700_000_000_000_000_000),
        attempt_id("spend_1-2", 1_700_000_000_000_000_001),
    )
    assert first != second
    assert attempt_of(first) == ("spend_1-2", 1_700_000_000_000_000_000)
    assert attempt_of("ab12-cached") == ("ab12", 0)
