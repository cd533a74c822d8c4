"""Snapshots with proven spellings: what they answer, what they are called, and when a rule counts as proven."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from services.simulator.adapters import sql_reader
from services.simulator.adapters.snapshot_file import open_snapshot, read_content, verify_snapshot, write_snapshot
from services.simulator.domain import snapshots
from services.simulator.domain.holding_out import Without
from services.simulator.domain.proving import LEAST_PAIRS, Pair, Trial, Tried, contradicted, trials
from services.simulator.domain.recordings import key_of
from services.simulator.domain.replaying import Tier, replay
from services.simulator.domain.situation import UNKNOWN, Situation
from services.simulator.domain.spelling import SpellingRule
from services.simulator.domain.toolbox import free_tools
from shared.model.calls import Stability
from shared.model.catalogue import Effect
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import canonical, parse_canonical
from tests.fakes import dataset
from tests.fakes.office import DIGESTS, Office

pytestmark = pytest.mark.unit
FILES = DIGESTS["files"]
RULE = SpellingRule(FILES, "read_file", "/path", "path_slashes", 30, 10, 10)
OTHER = '{"path":"orders//latest.txt"}'


def made(*rules, **changed):
    return replace(dataset.content(), spellings=rules, **changed)


@pytest.fixture
def opened(tmp_path):
    libraries = []

    def _open(content):
        place = tmp_path / str(len(libraries))
        write_snapshot(content, dataset.world_folders(tmp_path / "worlds"), place, "test")
        libraries.append(open_snapshot(place))
        return libraries[-1]

    yield _open
    for library in libraries:
        library.close()


def play(library, arguments, situation=None, **more):
    tool = next(one for one in free_tools(["files"], library) if one.name == "read_file")
    return replay(tool, arguments, situation or Situation(Office().world), library, **more)


def test_a_proven_spelling_is_answered_with_the_recorded_bytes_and_named(opened):
    library = opened(made(RULE))
    recorded = Office().record("files", "read_file", {"path": "orders/latest.txt"})
    played = play(library, OTHER)
    assert (played.reply.tier, played.reply.reason) == (Tier.NORMALISED, "spelling:path_slashes")
    assert (played.reply.result_json, played.reply.recording_id) == (recorded.result_json, recorded.recording_id)
    exact = play(library, '{"path":"orders/latest.txt"}')
    assert exact.reply.tier is Tier.EXACT
    assert played.situation == exact.situation


def test_without_its_rule_a_spelling_is_a_miss(opened):
    for rules in ((), (replace(RULE, rule="path_dots"),), (replace(RULE, server_digest="0" * 64),)):
        assert play(opened(made(*rules)), OTHER).reply.tier is Tier.MISS


def test_no_spelling_is_answered_in_another_state_or_where_the_tier_is_not_allowed(opened):
    library = opened(made(RULE))
    assert play(library, OTHER, Situation("another world")).reply.tier is Tier.MISS
    assert play(library, OTHER, Situation(UNKNOWN)).reply.error_code == "unknown_state"
    assert play(library, OTHER, tiers=(Tier.EXACT, Tier.LIVE)).reply.tier is Tier.MISS


def test_errors_and_unstable_answers_are_their_own_spelling_s_alone(opened):
    library = opened(made(RULE, replace(RULE, rule="path_dots")))
    assert play(library, '{"path":"nowhere.txt"}').reply.is_error
    assert play(library, '{"path":"./nowhere.txt"}').reply.tier is Tier.MISS
    for changed in ({"stability": Stability.UNSTABLE}, {"effect": Effect.UNKNOWN}):
        recordings = tuple(replace(one, **changed) for one in dataset.content().recordings)
        assert play(opened(made(RULE, recordings=recordings)), OTHER).reply.tier is Tier.MISS


def test_what_repeats_its_argument_is_that_spelling_s_alone(opened):
    one = Office().record("files", "read_file", {"path": "orders/latest.txt"})
    told = replace(one, result_json=one.result_json.replace('"text":"', '"text":"orders/latest.txt: ', 1))
    assert told != one
    assert play(opened(made(RULE, recordings=(told,))), OTHER).reply.tier is Tier.MISS


def test_two_recorded_spellings_that_say_different_things_answer_no_third(opened):
    one = Office().record("files", "read_file", {"path": "orders/latest.txt"})
    odd = replace(
        one, recording_id="rec_odd", arguments_json='{"head":0,"path":"orders///latest.txt"}', result_sha256="f" * 64
    )
    assert parse_canonical(one.arguments_json)["head"] == 0
    assert play(opened(made(RULE, recordings=(one, odd))), OTHER).reply.tier is Tier.MISS
    same = replace(odd, result_sha256=one.result_sha256)
    assert play(opened(made(RULE, recordings=(one, same))), OTHER).reply.tier is Tier.NORMALISED


def test_rules_are_part_of_a_snapshot_s_name_and_content(tmp_path):
    names = {snapshots.snapshot_id(made(*rules)) for rules in ((), (RULE,), (replace(RULE, pairs=31),))}
    assert len(names) == 3
    assert snapshots.snapshot_id(made()) == snapshots.snapshot_id(dataset.content())
    worlds = dataset.world_folders(tmp_path / "worlds")
    manifest = write_snapshot(made(RULE), worlds, tmp_path / "one", "test")
    assert manifest.spellings == 1
    assert verify_snapshot(tmp_path / "one") == manifest
    assert read_content(tmp_path / "one", tuple(manifest.worlds)).spellings == (RULE,)


@pytest.mark.parametrize("table", ["spellings", "spelt"])
def test_a_changed_rule_or_form_is_refused(tmp_path, table):
    write_snapshot(made(RULE), dataset.world_folders(tmp_path / "worlds"), tmp_path / "one", "test")
    with closing(sqlite3.connect(tmp_path / "one" / "snapshot.sqlite")) as database, database:
        column = "record" if table == "spellings" else "recording_id"
        database.execute(f"UPDATE {table} SET {column}=replace({column},'3','4')")
        assert database.total_changes
    with pytest.raises((BadInput, Rejected), match="damaged"):
        served(tmp_path / "one")


def served(place):
    with closing(open_snapshot(place)) as library:
        return play(library, OTHER)


def test_rules_of_another_reader_or_version_are_refused_in_one_sentence(tmp_path):
    worlds = dataset.world_folders(tmp_path / "worlds")
    other = replace(RULE, rule="duckdb_space", reader="sqlglot 1.0")
    with pytest.raises(BadInput, match=f"proven with sqlglot 1.0, here is {sql_reader.VERSION}"):
        write_snapshot(made(other), worlds, tmp_path / "one", "test")
    with pytest.raises(BadInput, match="no spelling rule magic"):
        write_snapshot(made(replace(RULE, rule="magic")), worlds, tmp_path / "two", "test")


def test_a_snapshot_from_before_there_were_rules_is_still_served(tmp_path):
    write_snapshot(made(), dataset.world_folders(tmp_path / "worlds"), tmp_path / "one", "test")
    with closing(sqlite3.connect(tmp_path / "one" / "snapshot.sqlite")) as database, database:
        database.execute("DROP TABLE spellings")
        database.execute("DROP TABLE spelt")
    with closing(sqlite3.connect(tmp_path / "one" / "snapshot.sqlite")) as database:
        assert read_content(tmp_path / "one", ()).spellings == ()
        assert database


def test_held_out_recordings_are_not_found_by_another_spelling(opened):
    library = opened(made(RULE))
    recorded = Office().record("files", "read_file", {"path": "orders/latest.txt"})
    assert play_without(library, key_of(recorded)).reply.tier is Tier.MISS
    assert play_without(library, "another key").reply.tier is Tier.NORMALISED


def play_without(library, key):
    return play(Without(library, frozenset([key])), OTHER)


def reading(number, text):
    one = Office().record("files", "read_file", {"path": "orders/latest.txt"})
    path = canonical({"head": 0, "path": f"orders/day {number}.txt"})
    return replace(one, recording_id=f"rec_{number:03}", arguments_json=path, result_sha256=text)


def test_trials_try_every_call_once_before_any_twice_and_leave_out_what_is_too_little():
    tools = {(FILES, "read_file")}
    many = replace(dataset.content(), recordings=tuple(reading(number, str(number)) for number in range(20)))
    found = {(one.place, one.rule): one for one in trials(many, sql_reader.read, tools)}
    assert set(found) == {("/path", "path_slashes"), ("/path", "path_dots")}
    pairs = found["/path", "path_slashes"].pairs
    assert len(pairs) == LEAST_PAIRS
    assert len({pair.arguments_json for pair in pairs}) == LEAST_PAIRS
    assert len({pair.recording.recording_id for pair in pairs[:20]}) == 20
    assert all(pair.arguments_json != pair.recording.arguments_json for pair in pairs)
    few = replace(many, recordings=many.recordings[:10])
    assert ("/path", "path_slashes") not in {(one.place, one.rule) for one in trials(few, sql_reader.read, tools)}
    assert not list(trials(many, sql_reader.read, set()))


@pytest.mark.parametrize(
    ("agreed", "disagreed", "calls", "results", "holds"),
    [(30, 0, 5, 5, True), (29, 0, 9, 9, False), (99, 1, 9, 9, False), (99, 0, 4, 4, False), (99, 0, 9, 4, False)],
)
def test_thirty_pairs_of_five_calls_with_five_results_and_none_against_prove_a_rule(
    agreed, disagreed, calls, results, holds
):
    trial = Trial("files", FILES, "read_file", "/path", "path_slashes", ())
    assert Tried(trial, agreed, disagreed, calls, results).holds is holds


def test_recorded_calls_speak_against_a_rule():
    trial = Trial("files", FILES, "read_file", "/path", "path_slashes", (Pair(reading(1, "x"), "{}"),))
    tried = Tried(trial, 30, 0, 9, 9)
    one = reading(1, "x")
    other = replace(one, recording_id="rec_o", arguments_json=canonical({"head": 0, "path": "orders//day 1.txt"}))
    assert not contradicted(tried, (one, other), sql_reader.read)
    assert contradicted(tried, (one, replace(other, result_sha256="y")), sql_reader.read)
    assert not contradicted(tried, (one, replace(other, result_sha256="y", is_error=True)), sql_reader.read)
