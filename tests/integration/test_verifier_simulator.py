"""The verifier against a real simulator over gRPC that follows a live store."""

import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc
import pytest

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.live_store import LIVE, LiveStore
from services.simulator.adapters.outcomes_sqlite import SqliteOutcomes
from services.simulator.domain.simulating import Simulator, Surroundings
from services.simulator.server import Doors, register
from services.simulator.settings import Settings
from services.verifier.adapters.simulator_client import SimulatorClient
from services.verifier.domain.verifying import Verifier
from shared.model.calls import Stability
from shared.model.errors import Unavailable
from shared.model.tasks import VerdictKind
from shared.runtime.rpc import open_channel
from shared.runtime.streaming.events import Event
from tests.fakes.dataset import more_recordings
from tests.fakes.office import servers, tools
from tests.unit.verifier.office_task import RECORDINGS, TASK, FakeMeanings, draft_of

pytestmark = pytest.mark.integration


class Live:
    """A simulator over a live store that a test fills."""

    def __init__(self, store, target, simulator):
        self.store, self.target, self.simulator = store, target, simulator
        self._offset = 0

    def take_in(self, topic, *records):
        for record in records:
            self.store.apply(Event(topic, 0, self._offset, "k", record, {}, 0))
            self._offset += 1

    async def verify(self, task=TASK):
        async with open_channel(self.target, 5.0) as channel:
            return (await Verifier(SimulatorClient(channel), FakeMeanings()).verify(draft_of(task))).verdict


@asynccontextmanager
async def serving(folder):
    store = LiveStore(folder / "live.sqlite")
    tokens = (f"{number:032x}" for number in range(1000))
    around = Surroundings(lambda: 1_000_000_000.0, lambda: next(tokens), 60.0)
    simulator = Simulator({LIVE: store}, MemoryEpisodes(), around, LIVE)
    server = grpc.aio.server()
    register(Doors(simulator, Settings(), SqliteOutcomes(None)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Live(store, f"127.0.0.1:{port}", simulator)
    finally:
        await server.stop(None)
        store.close()


@pytest.fixture
async def live(tmp_path):
    async with serving(tmp_path) as made:
        yield made


@pytest.fixture
def office(live):
    live.take_in("tool-catalogue", *tools(), *servers())
    live.take_in("recordings", *RECORDINGS, *more_recordings())
    return live


async def test_sound_task_replays_byte_for_byte_and_leaves_no_episode_open(office):
    said = await office.verify()
    assert (said.kind, said.text) == (VerdictKind.VERIFIED, "")
    assert await office.simulator.open_count() == 0


async def test_recording_not_taken_in_yet_is_waited_for_then_verified(live):
    live.take_in("tool-catalogue", *tools(), *servers())
    live.take_in("recordings", RECORDINGS[0])
    with pytest.raises(Unavailable, match=RECORDINGS[1].recording_id):
        await live.verify()
    live.take_in("recordings", RECORDINGS[1])
    assert (await live.verify()).kind is VerdictKind.VERIFIED


async def test_server_not_in_the_simulators_catalogue_yet_is_waited_for(live):
    live.take_in("recordings", *RECORDINGS)
    with pytest.raises(Unavailable):
        await live.verify()


async def test_reference_in_another_state_than_recorded_is_refused_because_waiting_would_not_help(office):
    """The reference forgot the call that moved the world, so that its last read is of another state."""
    moved = next(one for one in more_recordings() if one.tool == "read_file" and one.state != RECORDINGS[0].state)
    forgetful = replace(
        TASK.reference[0],
        arguments_json=moved.arguments_json,
        recording_id=moved.recording_id,
        result_sha256=moved.result_sha256,
    )
    here = [one for one in more_recordings() if one.arguments_json == moved.arguments_json]
    assert len({one.recording_id for one in here}) == 2
    said = await office.verify(replace(TASK, reference=(forgetful, TASK.reference[1])))
    assert (said.kind, said.reason) == (VerdictKind.REJECTED, "replay")


async def test_missing_state_is_told_from_a_missing_recording(live):
    live.take_in("tool-catalogue", *tools(), *servers())
    moved = next(one for one in more_recordings() if one.tool == "read_file" and one.state != RECORDINGS[0].state)
    task = replace(
        TASK,
        reference=(
            replace(
                TASK.reference[0],
                arguments_json=moved.arguments_json,
                recording_id=moved.recording_id,
                result_sha256=moved.result_sha256,
            ),
            TASK.reference[1],
        ),
    )
    with pytest.raises(Unavailable):
        await live.verify(task)
    live.take_in("recordings", moved)
    said = await live.verify(task)
    assert (said.reason, "other_state" in said.text) == ("replay", True)


async def test_unstable_recording_is_refused(live):
    live.take_in("tool-catalogue", *tools(), *servers())
    live.take_in("recordings", RECORDINGS[0], replace(RECORDINGS[1], stability=Stability.UNSTABLE))
    said = await live.verify()
    assert (said.reason, "unstable" in said.text) == ("replay", True)


async def test_simulator_that_is_away_is_unavailable(live, unused_port):
    live.target = f"127.0.0.1:{unused_port}"
    with pytest.raises(Unavailable):
        await live.verify()


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
