"""What is offered beside the called servers says nothing about which of them are called."""

import random
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sampler.domain.distractors import FEWEST_TOOLS, MOST_SERVERS, MOST_TOOLS, Partners
from services.sampler.domain.folding import Course, Draws
from services.sampler.domain.walks import POLICY as WALK
from shared.model.sub_dags import SubDag
from tests.unit.sampler.test_folding import fed

SIZES = {"sql": 4, "files": 14, "sheets": 46, "code": 26, "pages": 1, "sums": 21, "letters": 54, "charts": 18}
ASKED = {
    ("sql",): 30,
    ("pages", "sql"): 30,
    ("files", "sql"): 22,
    ("files", "sheets"): 30,
    ("code",): 17,
    ("code", "sql"): 14,
    ("letters",): 25,
    ("pages", "sums"): 6,
    ("sheets",): 9,
    ("code", "files", "sums"): 8,
}
SERVERS = st.lists(st.sampled_from(sorted(SIZES)), min_size=1, max_size=3, unique=True).map(
    lambda one: tuple(sorted(one))
)


def tools(*servers):
    return sum(SIZES[name] for names in servers for name in names)


def lists(partners, trials=6000):
    """Draw lists as a run would: questions as often as they are asked."""
    rng = random.Random(4)
    for called in rng.choices(list(ASKED), list(ASKED.values()), k=trials):
        yield called, partners.draw(called, rng)


def test_every_offered_server_is_called_in_half_of_its_lists():
    called, offered, by_list = Counter(), Counter(), Counter()
    for one, other in lists(Partners.of(Counter(ASKED).elements(), SIZES)):
        called.update(one)
        offered.update(one + other)
        by_list[tuple(sorted(one + other))] += 1
    shares = {name: called[name] / offered[name] for name in offered}
    assert all(share == pytest.approx(0.5, abs=0.05) for share in shares.values()), shares
    # Many lists, not the same two questions always beside each other.
    assert len(by_list) > 15
    assert "charts" not in offered


@given(st.lists(SERVERS, min_size=1, max_size=40), SERVERS, st.integers(0, 9))
def test_lists_are_apart_and_within_bounds_wherever_some_question_allows_it(asked, called, seed):
    drawn = Partners.of(asked, SIZES).draw(called, random.Random(seed))
    assert not set(drawn) & set(called)
    assert len(drawn) <= MOST_SERVERS
    assert drawn in {*asked, ()}
    assert bool(drawn) == any(not set(one) & set(called) for one in asked)
    within = FEWEST_TOOLS <= tools(called, drawn) <= MOST_TOOLS
    pairs = [(one, other) for one, other in permutations({*asked, called}, 2) if not set(one) & set(other)]
    fits = {other for one, other in pairs if one == called and FEWEST_TOOLS <= tools(one, other) <= MOST_TOOLS}
    # A question that fits beside no other one has no weight: it is nobody's partner.
    paired = {other for one, other in pairs if one in asked and FEWEST_TOOLS <= tools(one, other) <= MOST_TOOLS}
    assert within or not fits & paired & set(asked)


def test_order_of_questions_does_not_matter():
    forward = Partners.of(Counter(ASKED).elements(), SIZES)
    backward = Partners.of(reversed(list(Counter(ASKED).elements())), SIZES)
    assert list(lists(forward, 50)) == list(lists(backward, 50))


def test_draws_carry_servers_of_other_questions():
    draws = [one for one in fed(Draws(Course(3, 8, 20)), (0, 1, 2)).due() if isinstance(one, SubDag)]
    asked = {tuple(sorted({call.server_id for call in one.calls})) for one in draws if one.policy != WALK}
    assert {one.distractors for one in draws if one.distractors} <= asked
    # In a shop of four servers most questions need the same two, and have no partner.
    assert any(one.distractors for one in draws)
