"""Canonical JSON: what must not matter does not, what must does."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.proof.canonical import canonical, digest, parse, parse_canonical, restore

numbers = st.one_of(
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e60"), max_value=Decimal("1e60")),
)
keys = st.one_of(st.text(max_size=4), st.sampled_from(["$number", "$object"]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=8), numbers),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@given(values)
def test_canonical_text_reads_back_to_the_same_canonical_text(value: Any) -> None:
    text = canonical(value)
    assert canonical(parse_canonical(text)) == text
    json.loads(text)


@given(values, values)
def test_canonical_texts_are_equal_only_for_equal_values(one: Any, other: Any) -> None:
    if canonical(one) == canonical(other):
        assert canonical(restore(parse(canonical(one)))) == canonical(other)
    else:
        assert digest(one) != digest(other)


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=6), st.randoms(use_true_random=False))
def test_key_order_and_white_space_do_not_matter(value: dict[str, int], random: Any) -> None:
    members = list(value.items())
    random.shuffle(members)
    assert canonical(parse(json.dumps(dict(members), indent=3))) == canonical(parse(json.dumps(value)))


@given(st.integers(-(10**30), 10**30))
def test_integral_literals_of_one_number_are_one(number: int) -> None:
    assert canonical(parse(f"{number}.0")) == canonical(parse(str(number)))


@given(st.integers(2**53, 10**40))
def test_big_integers_survive_exactly(number: int) -> None:
    assert parse_canonical(canonical(parse(str(number)))) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20))
def test_decimals_survive_exactly(number: Decimal) -> None:
    restored = parse_canonical(canonical(parse(f"{number:f}")))
    assert Decimal(str(restored)) == number


@given(st.text())
def test_any_text_can_be_digested(text: str) -> None:
    assert len(digest(text)) == 64
