"""The reward: the same answer written otherwise is right, another answer is wrong."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.proof.answers import parse_answer
from shared.proof.reward import Outcome, score

SCHEMA = '{"properties":{"amount":{},"who":{},"parts":{}}}'
TYPES = json.dumps(
    {
        "amount": {"type": "number", "decimals": 2, "unit": "USD"},
        "who": {"type": "string"},
        "parts": {"type": "set"},
    }
)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
names = st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=1, max_size=12)
surroundings = st.sampled_from(
    [("", ""), ("```json\n", "\n```"), ("The answer is:\n", ""), ("", " That is all."), ('First {"x": 1}, then ', ".")]
)


def judge(answer: str, truth: dict[str, Any], had_miss: bool = False) -> Any:
    return score(answer, json.dumps(truth, default=float), TYPES, SCHEMA, had_miss, False)


def write(random: Any, amount: Decimal) -> Any:
    return random.choice([float(amount), f"{amount}", f"{amount:,}", f"{amount} USD", f"${amount}", f"{amount}0"])


@given(amounts, names, st.lists(names, max_size=4), surroundings, st.randoms(use_true_random=False), st.booleans())
def test_renderings_of_the_right_answer_are_right(
    amount: Decimal, who: str, parts: list[str], around: tuple[str, str], random: Any, had_miss: bool
) -> None:
    truth = {"amount": amount, "who": who, "parts": parts}
    shuffled = random.sample(parts, len(parts))
    answer = {"parts": shuffled, "who": f" {who} ", "amount": write(random, amount)}
    text = around[0] + json.dumps(answer) + around[1]
    assert judge(text, truth, had_miss).outcome is Outcome.PASS


@given(amounts, amounts, names, names, st.booleans())
def test_another_answer_is_wrong(amount: Decimal, other: Decimal, who: str, someone: str, had_miss: bool) -> None:
    truth = {"amount": amount, "who": who, "parts": []}
    judged = judge(json.dumps({"amount": str(other), "who": someone, "parts": []}), truth, had_miss)
    same = abs(amount - other) <= Decimal("0.005") and who.casefold() == someone.casefold()
    if not same and who.lower() != someone.lower():
        assert judged.reward == 0
        assert judged.outcome is (Outcome.FAIL_AFTER_MISS if had_miss else Outcome.FAIL)


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    assert judge(text, {"amount": 1, "who": "x", "parts": []}).reward in (0, 1)


def test_hostile_text_is_read_in_bounded_time() -> None:
    assert parse_answer('{"a":' * 30_000).value is None
    assert parse_answer("{" * 150_000).value is None
    assert parse_answer("[" * 150_000).value is None


def test_components_say_which_field_was_wrong() -> None:
    judged = judge('{"amount": 2, "who": "x", "parts": [], "more": 1}', {"amount": 1, "who": "x", "parts": []})
    assert judged.components == {"field/amount": 0, "field/who": 1, "field/parts": 1, "answer_keys": 0}
