"""The nearest tier and its measure: labelled, never exact, only where held-out calls showed that it holds."""

import json
from contextlib import closing
from dataclasses import replace

import pytest
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly_client import messages

from cli.__main__ import run
from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.nearest_file import open_nearest, read_thresholds, write_thresholds
from services.simulator.adapters.snapshot_file import open_snapshot, write_snapshot
from services.simulator.domain import holding_out
from services.simulator.domain.episodes import EpisodePlan
from services.simulator.domain.fidelity import Trial, enabled, folds, share_of
from services.simulator.domain.likeness import LexicalIndex
from services.simulator.domain.recordings import key_of
from services.simulator.domain.replaying import DEFAULT_TIERS, Tier
from services.simulator.domain.retrieval import Nearest, Thresholds
from services.simulator.domain.simulating import Simulator, Surroundings, Wanted
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import canonical, sha256_text
from shared.proof.keys import recording_id_of
from shared.proof.results import canonical_result
from tests.fakes import dataset
from tests.fakes.library import ListLibrary
from tests.fakes.office import DIGESTS, Office

pytestmark = pytest.mark.unit
WORLD = Office().world
READS = (DIGESTS["files"], "read_file")
FINDS = (DIGESTS["desk"], "find_order")
NEAREST = (*DEFAULT_TIERS, Tier.NEAREST)


def reading(path, text):
    """A recorded read of a file that says `text`."""
    one = Office().record("files", "read_file", {"path": path})
    result = canonical_result([{"type": "text", "text": text}], None, False)
    digest = sha256_text(result)
    key = key_of(one)
    return replace(
        one,
        recording_id=recording_id_of(key, digest),
        result_json=result,
        result_sha256=digest,
        is_error=False,
        result_length=len(result),
    )


def alike(many=120):
    """Reads whose answer does not depend on the file, finds whose answer does."""
    same = [reading(f"notes/day {number}.txt", "total: 17") for number in range(many)]
    office = Office()
    return [*same, *(office.record("desk", "find_order", {"order_id": f"B-{number}"}) for number in range(many))]


def made(recordings):
    content = dataset.content()
    known = {one.recording_id: one for one in (*content.recordings, *recordings)}
    return replace(content, recordings=tuple(known.values()))


def simulator(library, thresholds):
    nearest = {library.snapshot_id: Nearest(library._recordings.values(), thresholds)} if thresholds else {}
    tokens = (f"{number:032x}" for number in range(1000))
    around = Surroundings(lambda: 1e9, lambda: next(tokens), 60.0)
    return Simulator({library.snapshot_id: library}, MemoryEpisodes(), around, nearest=nearest)


async def ask(simulator, tool, arguments, tiers=NEAREST):
    opened = await simulator.create(Wanted(EpisodePlan("", ("desk", "files"), WORLD, tiers=tiers)))
    answer = await simulator.call(opened.episode.episode_id, "c1", tool, canonical(arguments))
    again = await simulator.call(opened.episode.episode_id, "c1", tool, canonical(arguments))
    assert again.reply == answer.reply
    return answer.reply


def library():
    return ListLibrary(made(alike(12)).recordings)


def test_same_words_are_near_and_other_words_are_far():
    calls = [("rec_a", '{"path":"orders/latest.txt"}'), ("rec_b", '{"path":"suppliers/Kestrel.txt"}')]
    index = LexicalIndex(calls)
    assert index.nearest('{"path":"orders/latest.txt"}') == LexicalIndex(reversed(calls)).nearest(calls[0][1])
    assert index.nearest('{"path":"orders/latest.txt"}').distance == 0
    near = index.nearest('{"path":"orders/latest.md"}')
    assert (near.recording_id, 0 < near.distance < 1) == ("rec_a", True)
    assert index.nearest('{"depth":3}') is None


async def test_unrecorded_call_gets_its_neighbour_with_id_and_distance_and_never_as_exact():
    reply = await ask(simulator(library(), {READS: 0.9}), "read_file", {"path": "notes/day 99.txt"})
    assert (reply.tier, reply.reason, reply.is_error) == (Tier.NEAREST, "not_recorded", False)
    assert (reply.recording_id != "", 0 < reply.distance <= 0.9, "total: 17" in reply.result_json) == (True,) * 3


async def test_recorded_call_stays_exact_and_a_wrong_one_stays_an_error():
    served = simulator(library(), {READS: 1.0})
    assert (await ask(served, "read_file", {"path": "notes/day 1.txt"})).tier is Tier.EXACT
    assert (await ask(served, "read_file", {"paths": "notes/day 99.txt"})).tier is Tier.ERROR


@pytest.mark.parametrize(
    ("thresholds", "tool", "arguments", "tiers"),
    [
        ({READS: 0.9}, "read_file", {"path": "notes/day 99.txt"}, DEFAULT_TIERS),
        ({READS: 0.0}, "read_file", {"path": "notes/day 99.txt"}, NEAREST),
        ({FINDS: 0.9}, "read_file", {"path": "notes/day 99.txt"}, NEAREST),
        ({(DIGESTS["desk"], "set_total"): 1.0}, "set_total", {"order_id": "A-17", "total": 31}, NEAREST),
    ],
    ids=["not asked for", "too far", "tool did not pass", "it writes"],
)
async def test_everything_else_stays_a_miss(thresholds, tool, arguments, tiers):
    assert (await ask(simulator(library(), thresholds), tool, arguments, tiers)).tier is Tier.MISS


async def test_neighbour_comes_from_the_state_that_the_episode_is_in():
    served = simulator(library(), {READS: 0.9})
    opened = await served.create(Wanted(EpisodePlan("", ("desk", "files"), WORLD, tiers=NEAREST)))
    name = opened.episode.episode_id
    assert (await served.call(name, "c0", "read_file", '{"path":"notes/day 98.txt"}')).reply.tier is Tier.NEAREST
    assert (await served.call(name, "c3", "register", '{"label":"x"}')).reply.tier is Tier.EXACT
    assert (await served.call(name, "c4", "labels", "{}")).reply.tier is Tier.EXACT
    assert (await served.call(name, "c1", "set_total", '{"order_id":"A-17","total":30}')).reply.tier is Tier.EXACT
    moved = (await served.call(name, "c2", "read_file", '{"path":"notes/day 99.txt"}')).reply
    assert served.library.recording(moved.recording_id).arguments_json == '{"head":0,"path":"orders/A-17.json"}'


async def test_tier_is_refused_where_nothing_was_measured():
    with pytest.raises(Rejected, match="allowed_tiers may hold exact, live, normalised here"):
        await ask(simulator(library(), {}), "read_file", {"path": "notes/day 99.txt"})


def test_client_tells_the_distance_of_a_neighbour_only():
    assert messages.reply(pb.CallToolResponse(tier=pb.TIER_NEAREST, distance=0.0)).distance == 0.0
    assert messages.reply(pb.CallToolResponse(tier=pb.TIER_EXACT)).distance is None


def test_wilson_interval_matches_the_textbook():
    assert [round(value, 4) for value in (share_of([1.0] * 10).low, share_of([0.0] * 10).high)] == [0.7225, 0.2775]
    half = share_of([1.0, 0.0] * 50)
    assert (half.share, round(half.low, 4), round(half.high, 4)) == (0.5, 0.4038, 0.5962)


def test_each_call_is_held_out_once_and_a_tenth_of_its_tool_at_a_time():
    calls = alike(50)
    dealt = folds(calls, 7)
    assert sorted(one.recording_id for held in dealt for one in held) == sorted(one.recording_id for one in calls)
    assert {sum(one.tool == "find_order" for one in held) for held in dealt} == {5}
    assert dealt == folds(list(reversed(calls)), 7) != folds(calls, 8)


def trials_of(content, seed=0):
    return list(holding_out.trials(content, ListLibrary(content.recordings), seed))


def test_only_the_tool_whose_held_out_answers_agree_passes():
    found = trials_of(made(alike()))
    assert list(enabled(found, 0.8)) == [READS]
    assert all(one.answered and one.agrees and all(one.outcomes) for one in found if one.tier is Tier.EXACT)
    assert not any(one.answered for one in found if one.tier is Tier.NORMALISED)
    near = [one for one in found if one.tier is Tier.NEAREST and one.tool == "find_order"]
    assert len(near) > 100
    assert share_of([one.agreement for one in near]).high < 0.8


def test_answer_that_would_spoil_a_task_is_seen():
    content = made(alike(12))
    cited = {call.recording_id for call in content.tasks[0].task.reference}
    keys = {key_of(one) for one in content.recordings if one.recording_id in cited}
    near = [one for one in trials_of(content) if one.tier is Tier.NEAREST and one.key in keys and one.answered]
    assert near
    assert not any(same for one in near for same in one.outcomes)


def test_threshold_that_fails_on_the_other_half_enables_nothing():
    common = ("s", "d", "t", "k", Tier.NEAREST, True, True)
    good = [Trial(*common, 1.0, distance=0.1, calibrates=True) for _ in range(100)]
    bad = [Trial(*common, 0.5, distance=0.1, calibrates=False) for _ in range(100)]
    assert enabled([*good, *bad], 0.9) == {}
    held = [replace(one, agreement=1.0) for one in bad]
    assert enabled([*good, *held], 0.9) == {("d", "t"): 0.1}
    assert enabled([*good, *(replace(one, outcomes=(False,)) for one in held)], 0.9) == {}


def test_command_measures_writes_and_the_file_serves_that_snapshot_only(tmp_path, capsys):
    worlds = dataset.world_folders(tmp_path / "worlds")
    manifest = write_snapshot(made(alike()), worlds, tmp_path / "snapshot", "test")
    file = tmp_path / "out" / "nearest.json"
    assert (
        run(["sim", "fidelity", str(tmp_path / "snapshot"), "--required", "0.8", "--json", "--write", str(file)]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert [one["tool"] for one in said["enabled"]] == ["read_file"]
    thresholds = read_thresholds(file, manifest.snapshot_id)
    assert set(thresholds.tools) == {READS}
    with closing(open_snapshot(tmp_path / "snapshot")) as served:
        nearest = open_nearest(file, tmp_path / "snapshot", served.snapshot_id)
        assert nearest._thresholds == thresholds.tools
    with pytest.raises(BadInput, match="measure this snapshot"):
        read_thresholds(file, "snap_other")
    assert run(["sim", "fidelity", str(tmp_path / "snapshot"), "--required", "0.8"]) == 0
    assert "nearest passes for: files/read_file <= " in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", '{"tools": [1], "format": 1, "snapshot_id": "s"}'])
def test_file_that_holds_no_thresholds_is_refused(tmp_path, text):
    file = tmp_path / "nearest.json"
    file.write_text(text)
    with pytest.raises(BadInput, match="holds no thresholds"):
        read_thresholds(file, "s")
    write_thresholds(file, Thresholds("s", {READS: 0.25}), {"seed": 0})
    assert read_thresholds(file, "s") == Thresholds("s", {READS: 0.25})
