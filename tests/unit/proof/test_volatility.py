"""Where two runs differ, and which locators lead there."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.proof.canonical import canonical
from shared.proof.volatility import differences, is_volatile, without

TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_differing_leaf_is_named_by_its_pointer():
    assert differences('{"a":{"b":1,"c":2}}', '{"a":{"b":1,"c":3}}') == ("/a/c",)


def test_json_inside_text_is_gone_into():
    first, second = ({"content": [{"text": json.dumps({"rows": [{"id": one, "n": 4}]})}]} for one in (7, 8))
    assert differences(canonical(first), canonical(second)) == ("/content/0/text/rows/0/id",)


def test_plain_text_is_one_place():
    assert differences('{"text":"at 9:30"}', '{"text":"at 9:31"}') == ("/text",)


def test_time_of_day_of_a_moment_stands_when_only_its_date_moved():
    first, second = ('{"at":"2026-03-02T09:15:00+04:00"}', '{"at":"2026-03-03T09:15:00+04:00"}')
    (place,) = differences(first, second)
    assert place == "/at#0-10"
    time, date = ('[{"pointer":"/at"},{"span":[11,16]}]', '[{"pointer":"/at"},{"span":[8,10]}]')
    assert not is_volatile(time, (place,))
    assert is_volatile(date, (place,))
    assert is_volatile('[{"pointer":"/at"}]', (place,))
    assert without(first, (place,)) == without(second, (place,)) == {"at": "T09:15:00+04:00"}


def test_moment_whose_time_moved_too_is_one_place():
    assert differences('{"at":"2026-03-02T09:15"}', '{"at":"2026-03-03T09:16"}') == ("/at",)


def test_list_of_another_length_is_one_place():
    assert differences('{"rows":[1,2]}', '{"rows":[1]}') == ("/rows",)


def test_missing_member_and_type_change_count():
    assert differences('{"a":1,"b":true}', '{"b":1}') == ("/a", "/b")


def test_many_places_are_named_by_what_contains_them():
    first, second = ({"ids": [[index + add] for index in range(500)], "n": 1} for add in (0, 1))
    assert differences(canonical(first), canonical(second)) == ("/ids",)


def test_locator_into_around_and_beside_a_volatile_place():
    volatile = ("/content/0/text/rows/0/id",)

    def steps(*rest):
        return canonical([{"pointer": "/content/0/text"}, {"parse_json": True}, *({"pointer": one} for one in rest)])

    assert is_volatile(steps("/rows/0/id"), volatile)
    assert is_volatile(steps("/rows/0/id/deep"), volatile)
    assert is_volatile(steps("/rows"), volatile)
    assert not is_volatile(steps("/rows/0/n"), volatile)
    assert not is_volatile(steps("/rows/0/idx"), volatile)
    assert is_volatile(canonical([{"pointer": "/content/0/text"}, {"span": [0, 3]}]), volatile)
    assert is_volatile("[]", ("",))
    assert not is_volatile("[]", ())


@given(TREE, TREE)
def test_results_without_their_differences_are_the_same(first, second):
    one, other = canonical({"v": first}), canonical({"v": second})
    volatile = differences(one, other)
    assert (volatile == ()) == (one == other)
    assert without(one, volatile) == without(other, volatile)
