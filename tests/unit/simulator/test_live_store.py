"""The live store: record and offset together, sightings joined in any order, restart goes on where it was."""

from dataclasses import replace
from itertools import permutations

import pytest

from services.simulator.adapters.live_store import LiveStore
from services.simulator.domain.recordings import key_of, merge
from shared.model.calls import Origin, Stability
from shared.model.catalogue import Effect
from shared.model.errors import BadInput
from shared.model.tasks import TaskState
from shared.runtime.streaming.events import Event
from tests.fakes import dataset, office


def event(topic, offset, record, partition=0):
    return Event(topic, partition, offset, "k", record, {}, 0)


@pytest.fixture
def store(tmp_path):
    made = LiveStore(tmp_path / "live.sqlite")
    yield made
    made.close()


def test_what_is_applied_is_served_and_the_offset_stands_beside_it(store):
    task, recordings = dataset.order_task()
    for offset, recording in enumerate(recordings):
        store.apply(event("recordings", offset, recording, partition=2))
    store.apply(event("verified-tasks", 7, task))
    for offset, entry in enumerate((*office.servers(), *office.tools())):
        store.apply(event("tool-catalogue", offset, entry))
    assert store.start() == {
        ("recordings", 2): 2,
        ("verified-tasks", 0): 8,
        ("tool-catalogue", 0): len(office.servers()) + len(office.tools()),
    }
    assert list(store.recordings_at(key_of(recordings[0]))) == [recordings[0]]
    assert store.task(task.task.task_id) == task.task
    assert store.tool(office.DIGESTS["files"], "read_file") is not None
    assert (store.counts().tasks, store.counts().recordings) == (1, 2)


def test_status_is_the_last_word_and_withdrawn_tasks_are_not_listed(store):
    task, _ = dataset.order_task()
    task_id = task.task.task_id
    store.apply(event("verified-tasks", 0, task))
    assert (store.task_state(task_id), store.task_ids("", 10)) == (TaskState.ACTIVE, [task_id])
    store.apply(event("task-status", 0, dataset.statuses(task_id)[0]))
    assert (store.task_state(task_id), store.task_ids("", 10)) == (TaskState.QUARANTINED, [])


def test_catalogue_change_raises_the_revision(store):
    before = store.revision
    store.apply(event("tool-catalogue", 0, office.tools()[0]))
    assert store.revision > before


def test_reopened_store_goes_on_and_passes_over_what_it_has(tmp_path):
    _, recordings = dataset.order_task()
    first = LiveStore(tmp_path / "live.sqlite")
    first.apply(event("recordings", 5, recordings[0]))
    first.close()
    again = LiveStore(tmp_path / "live.sqlite")
    assert again.start() == {("recordings", 0): 6}
    again.apply(event("recordings", 5, replace(recordings[0], stability=Stability.UNSTABLE)))
    assert again.recording(recordings[0].recording_id).stability is Stability.STABLE
    again.close()


def test_record_and_offset_are_stored_together_or_not_at_all(store):
    task, _ = dataset.order_task()
    with pytest.raises(OverflowError):
        store.apply(event("verified-tasks", 2**63, task))
    assert store.start() == {}
    assert store.task(task.task.task_id) is None


def test_sightings_of_one_recording_join_the_same_in_any_order():
    (one, _) = dataset.order_task()[1]
    sightings = [
        replace(one, stability=Stability.UNTESTED, effect=Effect.UNKNOWN, origin=Origin.CANARY),
        replace(one, stability=Stability.MASKED, volatile_mask=("/a",), observed_at="2027-01-01T00:00:00Z"),
        replace(one, stability=Stability.STABLE, volatile_mask=("/b",)),
    ]
    joined = {merge(merge(a, b), c) for a, b, c in permutations(sightings)}
    joined |= {merge(a, merge(b, c)) for a, b, c in permutations(sightings)}
    assert len(joined) == 1
    (result,) = joined
    assert (result.stability, result.volatile_mask, result.effect) == (Stability.MASKED, ("/a", "/b"), Effect.READ_ONLY)
    assert merge(result, result) == result


def test_unusable_store_names_the_file(tmp_path):
    (tmp_path / "live.sqlite").write_text("not a database" * 100)
    with pytest.raises(BadInput, match=r"live\.sqlite"):
        LiveStore(tmp_path / "live.sqlite")
