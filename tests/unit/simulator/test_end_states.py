"""What an episode leaves, by whatever calls, is graded beside its answer."""

from dataclasses import replace

import pytest

from services.simulator.domain.episodes import EpisodePlan, applied, change_json, changed, left_behind, open_episode
from services.simulator.domain.living import History, Live, answer
from services.simulator.domain.recordings import merge
from services.simulator.domain.scoring import score_episode
from services.simulator.domain.task_filters import without_answers
from shared.model.calls import Origin
from shared.proof.end_state import UNTOUCHED, Kind, PathChange, content_digest, end_state
from tests.fakes import dataset
from tests.fakes.library import ListLibrary
from tests.fakes.office import Office
from tests.unit.simulator.test_replaying import play, tool_of

pytestmark = pytest.mark.unit
NOTE = ("files", "write_file", {"path": "note.txt", "text": "order: A-17\n"})
OTHER = ("files", "write_file", {"path": "suppliers/Kestrel.txt", "text": "gone"})
READ = ("files", "read_file", {"path": "orders/latest.txt"})
LEFT = end_state([PathChange("note.txt", Kind.CREATED, content_digest(b"order: A-17"))])
TASK = replace(dataset.order_task()[0].task, end_state_json=LEFT)
RIGHT = TASK.ground_truth_json


def recorded(*calls):
    desk = Office()
    return [desk.record(*call) for call in calls]


def opened():
    return open_episode("ep_1", "snap", EpisodePlan(TASK.task_id, (), Office().world), 100.0)


def episode(library, *calls):
    """An episode after some calls."""
    found = opened()
    for index, (server, name, arguments) in enumerate(calls):
        played = play(library, server, name, arguments, found.situation)
        found = applied(found, f"c{index}", "d", played, tool_of(library, server, name), 100.0)
    return found


def test_the_reference_gets_the_reward_and_survives_a_store():
    found = episode(ListLibrary(recorded(READ, NOTE)), READ, NOTE)
    assert left_behind(found) == LEFT
    score = score_episode(found, TASK, RIGHT)
    assert (score.reward, score.components["end_state"]) == (1, 1)
    assert left_behind(changed(opened(), change_json(opened(), found))) == LEFT


def test_the_right_answer_alone_gets_nothing():
    score = score_episode(episode(ListLibrary(recorded(READ)), READ), TASK, RIGHT)
    assert (score.reward, score.outcome, score.components["end_state"]) == (0, "fail", 0)
    assert score_episode(opened(), replace(TASK, end_state_json=""), RIGHT).reward == 1


def test_another_file_changed_as_well_gets_nothing():
    found = episode(ListLibrary(recorded(NOTE, OTHER)), NOTE, OTHER)
    assert "suppliers/Kestrel.txt" in left_behind(found)
    assert (score_episode(found, TASK, RIGHT).reward, score_episode(found, TASK, RIGHT).outcome) == (0, "fail")


def test_what_was_put_back_counts_as_untouched():
    back = ("desk", "set_total", {"order_id": "A-17", "total": 25.60})
    desk = Office()
    # The office writes canonical JSON, so the first call changes bytes and the others say what it was.
    calls = [back, ("desk", "set_total", {"order_id": "A-17", "total": 30}), back]
    found = episode(ListLibrary([desk.record(*call) for call in calls]), *calls)
    assert left_behind(found) == left_behind(episode(ListLibrary(recorded(back)), back)) != UNTOUCHED
    assert left_behind(opened()) == UNTOUCHED


def test_a_write_that_nobody_recorded_is_masked_not_judged():
    found = episode(ListLibrary(recorded(READ)), NOTE)
    assert left_behind(found) == ""
    assert score_episode(found, TASK, RIGHT).outcome == "fail_after_miss"


def test_a_recording_of_an_older_version_or_another_world_says_nothing():
    (note,) = recorded(NOTE)
    for change in ("", "[]", "{", note.change_json.replace(Office().world, "0" * 64)):
        assert left_behind(episode(ListLibrary([replace(note, change_json=change)]), NOTE)) == ""
    old = replace(note, change_json="", observed_at="2020-01-01T00:00:00+00:00")
    assert merge(old, note).change_json == merge(note, old).change_json == note.change_json


async def test_another_call_that_leaves_the_same_is_right_also_where_it_is_made_live():
    (live,) = recorded(("files", "write_file", {"path": "note.txt", "text": "order: A-17   \n\n"}))

    class Kept:
        def find(self, key, path_mode):
            return replace(live, origin=Origin.LIVE)

    library = ListLibrary(recorded(READ))
    tool, arguments = tool_of(library, "files", "write_file"), live.arguments_json
    start = opened()
    history = History(start.situation, start.opening_world)
    played = await answer(tool, arguments, history, library, start.tiers, Live(Kept(), None))
    found = applied(start, "c1", "d", played, tool, 100.0)
    assert score_episode(found, TASK, RIGHT).reward == 1


def test_what_has_to_be_left_is_shown_to_nobody_who_may_not_see_answers():
    assert without_answers(TASK).end_state_json == ""


def test_what_an_unknown_write_did_after_a_known_one_is_unknown():
    assert left_behind(episode(ListLibrary(recorded(NOTE)), NOTE, OTHER)) == ""
