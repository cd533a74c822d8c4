"""The fold: epochs from versions, the same after a restart at any point."""

from services.sampler.domain.folding import Course, Draws
from shared.model.graphs import GraphCut
from shared.model.sub_dags import EpochOpened
from tests.fakes.worlds import DIGEST, nodes, world


def cut(version):
    return GraphCut(version, "c", "g", version - 2, len(nodes()), 1, (DIGEST,))


def fed(draws, versions):
    draws.take_world(world())
    for version in versions:
        for node in nodes(version):
            draws.take_graph(node)
        draws.take_graph(cut(version))
    return draws


def course(draws=20):
    return Course(seed=3, epoch_size=8, draws=draws)


def test_epoch_opens_when_its_version_is_there_and_the_last_one_says_so():
    records = list(fed(Draws(course()), (0, 1, 2)).due())
    epochs = [record for record in records if isinstance(record, EpochOpened)]
    assert [(e.epoch, e.first_counter, e.size, e.last) for e in epochs] == [
        (0, 0, 8, False),
        (1, 8, 8, False),
        (2, 16, 4, True),
    ]
    assert [r.counter for r in records if not isinstance(r, EpochOpened)] == list(range(20))


def test_nothing_is_drawn_before_the_worlds_of_the_version_are_known():
    draws = Draws(course())
    for node in nodes(0):
        draws.take_graph(node)
    draws.take_graph(cut(0))
    assert not list(draws.due())
    draws.take_world(world())
    assert list(draws.due())


def test_restart_after_any_record_goes_on_byte_for_byte():
    whole = list(fed(Draws(course()), (0, 1, 2)).due())
    for kept in range(len(whole) + 1):
        again = Draws(course())
        for record in whole[:kept]:
            again.take_written(record)
        assert list(fed(again, (0, 1, 2)).due()) == whole[kept:]


def test_arrival_order_of_versions_does_not_matter():
    first = fed(Draws(course()), (0,))
    records = [*first.due(), *fed(first, (1, 2)).due()]
    assert records == list(fed(Draws(course()), (2, 1, 0)).due())


def test_nothing_to_draw_ends_the_run_only_when_no_server_can_join_any_more():
    draws = Draws(course(draws=0))
    draws.take_world(world())
    draws.take_graph(GraphCut(0, "c", "g", -1, 0, 0, (DIGEST,), settled=False))
    assert list(draws.due()) == [EpochOpened(0, 0, 0, 0)]
    assert not draws.is_finished
    draws.take_graph(GraphCut(1, "c", "g", -1, 0, 0, (DIGEST,), settled=True))
    assert list(draws.due()) == [EpochOpened(1, 1, 0, 0, last=True)]
    assert draws.is_finished
