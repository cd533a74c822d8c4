"""Which tools are offered: whole catalogues, enough of them and not too many, whatever order they were crawled in."""

import random

from hypothesis import given
from hypothesis import strategies as st

from services.synthesizer.domain.offering import offered
from shared.model.catalogue import ToolRecord

SIZES = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 60), min_size=2, max_size=10)


def catalogue(sizes):
    names = [(server, f"read {at}") for server, many in sizes.items() for at in range(many)]
    return [ToolRecord(f"tool_{server}_{name}", server, "d", name, "Read", "{}") for server, name in names]


@given(SIZES, st.data())
def test_lists_hold_whole_catalogues_within_bounds(sizes, data):
    needed = data.draw(st.sets(st.sampled_from(sorted(sizes)), min_size=1, max_size=3))
    given_ = data.draw(st.lists(st.sampled_from(sorted(sizes)), unique=True, max_size=4))
    tools = catalogue(sizes)
    seed = data.draw(st.integers(0, 99))
    made = offered(tools, {(name, "read 0") for name in needed}, given_, random.Random(seed))
    servers = {tool.server_id for tool in made}
    others = servers - needed
    assert needed <= servers
    assert set(given_) - needed <= others
    assert {(tool.server_id, tool.name) for tool in made} == {
        (tool.server_id, tool.name) for tool in tools if tool.server_id in servers
    }
    assert {tool.server_id for tool in made if tool.needed} == needed
    assert len({tool.offered_name for tool in made}) == len(made)
    if needed != set(sizes):
        assert 1 <= len(others) <= 4
    room = [name for name in sizes if name not in servers and len(made) + sizes[name] <= 80]
    assert len(made) >= 20 or len(others) == 4 or not room
    fixed = sum(sizes[name] for name in needed | set(given_))
    smallest = min((sizes[name] for name in sizes if name not in needed), default=0)
    assert len(made) <= max(80, fixed, sum(sizes[name] for name in needed) + smallest)
    again = offered(tools[::-1], {(name, "read 0") for name in needed}, given_, random.Random(seed))
    assert again == made


def test_distractors_given_are_what_is_offered():
    sizes = {"a": 10, "b": 12, "c": 30, "d": 5}
    made = offered(catalogue(sizes), {("a", "read 0")}, ("b",), random.Random(1))
    assert {tool.server_id for tool in made} == {"a", "b"}
    made = offered(catalogue(sizes), {("a", "read 0")}, ("gone", "a", "d"), random.Random(1))
    assert {tool.server_id for tool in made} > {"a", "d"}
