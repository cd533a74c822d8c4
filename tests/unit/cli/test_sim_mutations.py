"""Wrong calls: always wrong, always the same; and a judge that does find an earned success."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sim_mutate import EARNED, HARMLESS, Judged, _share, judge_all
from cli.sim_mutations import KINDS, Mutant, mutants
from services.simulator.domain import replaying
from shared.proof.canonical import canonical
from tests.fakes.export import write_export

VALUES = st.one_of(
    st.text(max_size=8), st.integers(-5, 5), st.booleans(), st.none(), st.lists(st.integers(), max_size=2)
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), VALUES, max_size=4))
def test_no_wrong_call_is_the_right_one_and_the_list_never_changes(arguments):
    text = canonical(arguments)
    made = list(mutants("s", "look_up", text))
    assert made == list(mutants("s", "look_up", text))
    for one in made:
        assert (one.tool, canonical(json.loads(one.arguments_json))) != ("look_up", text)


def test_every_kind_is_made():
    made = {one.kind for one in mutants("s", "look_up", '{"count":3,"path":"a/b.txt"}')}
    assert made == set(KINDS)


async def test_wrong_calls_over_a_snapshot_earn_nothing(tmp_path):
    write_export(tmp_path / "out")
    judged = await judge_all(tmp_path / "out")
    assert len(judged) > 30
    assert {one.verdict for one in judged} <= {*HARMLESS, "normalised, not compared"}
    mended = [one for one in judged if one.verdict not in HARMLESS]
    assert {one.mutant.kind for one in mended} == {"retyped"}
    assert {one.mutant.kind for one in judged} >= {"dropped", "retyped", "misspelt", "unknown_tool"}


@pytest.fixture
def generous(monkeypatch):
    """A simulator that forgets to look at what was asked."""
    real = replaying._read_call.__wrapped__

    def first_of_all(arguments_json, input_schema_json, may_coerce):
        found = real(arguments_json, input_schema_json, may_coerce)
        lazy = replaying._Asked('{"limit":5,"order_id":"A-17"}', replaying.Tier.EXACT)
        return lazy if "order_id" in input_schema_json else found

    first_of_all.__wrapped__ = first_of_all
    monkeypatch.setattr(replaying, "_read_call", first_of_all)


async def test_earned_success_is_found(tmp_path, generous):
    write_export(tmp_path / "out")
    judged = await judge_all(tmp_path / "out")
    assert EARNED in {one.verdict for one in judged}
    assert _share(judged) < 1


def test_share_counts_what_earned_nothing():
    mutant = Mutant("dropped", "s", "t", "{}")
    assert _share([Judged(mutant, "miss", "miss"), Judged(mutant, "exact", EARNED)]) == 0.5
