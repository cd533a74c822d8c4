"""Which misses are asked for: reads of the first state that nobody recorded, never what an agent should not cause."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.domain.episodes import EpisodePlan
from services.simulator.domain.misses import request_of
from services.simulator.domain.replaying import replay
from services.simulator.domain.retrieval import Nearest
from services.simulator.domain.simulating import Simulator, Surroundings, Wanted
from services.simulator.domain.situation import Situation
from services.simulator.domain.toolbox import free_tools
from services.simulator.settings import Settings
from shared.model.catalogue import PathMode
from tests.fakes import dataset
from tests.fakes.library import ListLibrary
from tests.fakes.office import DIGESTS, Office

pytestmark = pytest.mark.unit
WORLD = Office().world


class Ear:
    def __init__(self):
        self.heard = []

    def offer(self, tool_id, request):
        self.heard.append((tool_id, request))


def asked(name, arguments, situation=None, **changes):
    library = ListLibrary(dataset.content().recordings)
    tool = next(one for one in free_tools(["desk", "files"], library) if one.name == name)
    tool, before = replace(tool, **changes), situation or Situation(WORLD)
    return request_of(replay(tool, arguments, before, library), tool, before, WORLD, library)


def test_missed_read_is_asked_for_under_one_name_however_it_is_spelt():
    first = asked("read_file", '{"path":"new.txt"}')
    assert (first.server_id, first.tool, first.world_digest, first.reason) == ("files", "read_file", WORLD, "miss")
    assert first.arguments_json == '{"head":0,"path":"new.txt"}'
    assert first == asked("read_file", '{ "head": 0.0, "path": "new.txt" }')
    assert first.request_id != asked("read_file", '{"path":"newer.txt"}').request_id


@pytest.mark.parametrize(
    ("name", "arguments", "situation", "changes"),
    [
        ("read_file", '{"path":"orders/latest.txt"}', None, {}),
        ("read_file", '{"paths":"new.txt"}', None, {}),
        ("write_file", '{"path":"new.txt","text":"x"}', None, {}),
        ("stamp", "{}", None, {}),
        ("read_file", '{"path":"new.txt"}', Situation("another world"), {}),
        ("read_file", '{"path":"new.txt"}', Situation(WORLD, (("files", "moved"),)), {}),
        ("read_file", '{"path":"new.txt"}', None, {"path_mode": PathMode.REMOTE}),
        ("read_file", '{"path":"%s"}' % ("x" * 20_000), None, {}),
    ],
    ids=["recorded", "wrong", "writes", "unproven", "moved world", "moved session", "remote", "too long"],
)
def test_everything_else_is_left_alone(name, arguments, situation, changes):
    assert asked(name, arguments, situation, **changes) is None


@pytest.mark.parametrize(("expected", "heard"), [("", 1), ("rec_1", 0)], ids=["trainer", "replay that waits"])
async def test_simulator_offers_the_misses_of_trainers(expected, heard):
    library, ear = ListLibrary(dataset.content().recordings), Ear()
    nearest = {library.snapshot_id: Nearest(library._recordings.values(), {(DIGESTS["files"], "read_file"): 1.0})}
    around = Surroundings(lambda: 1e9, lambda: "1" * 32, 60.0, ear)
    served = Simulator({library.snapshot_id: library}, MemoryEpisodes(), around, nearest=nearest)
    plan = EpisodePlan("", ("files",), WORLD, tiers=("exact", "nearest"))
    name = (await served.create(Wanted(plan))).episode.episode_id
    for call_id in ("c1", "c1"):
        await served.call(name, call_id, "read_file", '{"path":"orders/last.txt"}', expected)
    assert [request.tool for _, request in ear.heard] == ["read_file"] * heard


def test_strangers_cause_no_calls_without_the_switch(tmp_path):
    asking = {"snapshot": tmp_path, "live_store": False, "miss_requests": 5}
    with pytest.raises(ValidationError, match="calls from anybody would be made"):
        Settings(**asking)
    assert Settings(**asking, access_token="t").miss_requests == 5
    assert Settings(**asking, miss_requests_from_anyone=True).miss_requests == 5
    assert Settings(snapshot=tmp_path, live_store=False).miss_requests == 0
