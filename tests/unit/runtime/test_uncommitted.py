"""What a shell says about work that was begun and not committed."""

import pytest

from shared.runtime.streaming.uncommitted import Uncommitted

pytestmark = pytest.mark.unit


def test_age_runs_from_the_last_commit_while_work_is_due() -> None:
    account = Uncommitted()
    assert (account.pending("p"), account.age("p", 9.0)) == (0, 0.0)
    account.begin("p", 7, 10.0)
    account.begin("p", 9, 12.0)
    assert (account.pending("p"), account.age("p", 15.0)) == (3, 5.0)
    account.commit("p", 8, 16.0)
    account.commit("p", 8, 18.0)
    assert (account.pending("p"), account.age("p", 20.0)) == (2, 4.0)
    account.commit("p", 10, 21.0)
    assert (account.pending("p"), account.age("p", 30.0)) == (0, 0.0)
    account.begin("p", 10, 40.0)
    assert account.age("p", 41.0) == 1.0


def test_partitions_given_away_are_forgotten() -> None:
    account = Uncommitted()
    account.begin("mine", 1, 0.0)
    account.begin("theirs", 1, 0.0)
    account.keep({"mine"})
    assert (account.pending("mine"), account.pending("theirs")) == (1, 0)
