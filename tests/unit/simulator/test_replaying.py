"""What a call answers: never a stale or invented success, whatever was missed before."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulator.domain.living import History, Live, answer
from services.simulator.domain.ports import NotMade
from services.simulator.domain.replaying import DEFAULT_TIERS, Tier, replay
from services.simulator.domain.situation import UNKNOWN, Situation, Step
from services.simulator.domain.toolbox import free_tools
from shared.model.calls import Stability
from shared.model.catalogue import Effect, PathMode
from shared.proof.canonical import canonical
from shared.proof.keys import canonical_arguments
from shared.proof.plain import plain_json
from tests.fakes import office
from tests.fakes.library import ListLibrary
from tests.fakes.office import Office


def tool_of(library, server, name):
    return next(tool for tool in free_tools([server], library) if tool.name == name)


def play(library, server, name, arguments, situation=None, **kwargs):
    situation = situation or Situation(Office().world)
    text = arguments if isinstance(arguments, str) else canonical(arguments)
    return replay(tool_of(library, server, name), text, situation, library, **kwargs)


def recorded(*calls):
    desk = Office()
    return [desk.record(*call) for call in calls]


DRAFT_4 = (
    '{"$schema": "http://json-schema.org/draft-04/schema#",'
    ' "properties": {"head": {"minimum": 0, "exclusiveMinimum": true}}}'
)
READ = ("files", "read_file", {"path": "orders/latest.txt"})


@pytest.mark.parametrize(
    "text",
    [
        '{"path":"orders/latest.txt"}',
        '{ "path" : "orders\\/latest.txt" }',
        '{"head":0,"path":"orders/latest.txt"}',
        '{"path":"orders/latest.txt","head":0.0}',
    ],
)
def test_same_call_spelt_differently_is_exact(text):
    library = ListLibrary(recorded(READ))
    played = play(library, "files", "read_file", text)
    assert (played.reply.tier, played.reply.recording_id) == (Tier.EXACT, recorded(READ)[0].recording_id)


ARGUMENTS = st.fixed_dictionaries(
    {"path": st.text(max_size=8)},
    optional={"head": st.integers(0, 2**70), "note": st.text(max_size=4), "x": st.floats(0, 1)},
)


@settings(max_examples=60, deadline=None)
@given(ARGUMENTS, st.randoms(use_true_random=False), st.booleans(), st.integers(0, 3))
def test_any_spelling_of_the_same_arguments_is_exact(arguments, rng, ascii_only, indent):
    names = rng.sample(sorted(arguments), len(arguments))
    spelt = json.dumps({name: arguments[name] for name in names}, ensure_ascii=ascii_only, indent=indent or None)
    tool = tool_of(ListLibrary(), "files", "read_file")
    key_arguments = canonical_arguments(plain_json(arguments), tool.input_schema_json)
    (one,) = recorded(READ)
    recording = replace(one, arguments_json=key_arguments)
    other = replace(
        recording, arguments_json=canonical({**arguments, "path": arguments["path"] + "!"}), recording_id="rec_2"
    )
    library = ListLibrary([recording, other])
    assert play(library, "files", "read_file", spelt).reply.recording_id == recording.recording_id


def test_failed_call_replays_as_failed_and_moves_nothing():
    library = ListLibrary(recorded(("files", "read_file", {"path": "nowhere"})))
    played = play(library, "files", "read_file", {"path": "nowhere"})
    assert played.reply.tier is Tier.EXACT
    assert played.reply.is_error
    assert played.situation == Situation(Office().world)


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("{", "not_json", ""),
        ('{"path":NaN}', "not_json", ""),
        ("[1]", "not_an_object", ""),
        ("null", "not_an_object", ""),
        ('{"path":"a","path":"b"}', "duplicate_key", ""),
        ('{"path":' + "[" * 100_000, "arguments_too_deep", ""),
        ('{"path":"' + "x" * 10_000_000 + '"}', "arguments_too_large", ""),
        ("{}", "invalid_arguments", "/required"),
        ('{"path":7}', "invalid_arguments", "/properties/path/type"),
        ('{"path":"a","head":-1}', "invalid_arguments", "/properties/head/minimum"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_malformed_arguments_get_a_typed_error_that_moves_nothing(text, code, path):
    played = play(ListLibrary(recorded(READ)), "files", "read_file", text)
    assert (played.reply.tier, played.reply.error_code, played.reply.schema_path) == (Tier.ERROR, code, path)
    assert played.reply.is_error
    assert played.situation == Situation(Office().world)


def test_schema_declared_coercion_is_normalised_and_only_where_allowed():
    library = ListLibrary(recorded(("files", "read_file", {"path": "orders/latest.txt", "head": 5})))
    text = '{"path":"orders/latest.txt","head":"5"}'
    assert play(library, "files", "read_file", text).reply.tier is Tier.NORMALISED
    refused = play(library, "files", "read_file", text, tiers=(Tier.EXACT,)).reply
    assert (refused.tier, refused.error_code) == (Tier.ERROR, "invalid_arguments")


def test_coercion_keeps_numbers_that_no_double_holds():
    exact = 2**53 + 1
    (one,) = recorded(READ)
    tool = tool_of(ListLibrary(), "files", "read_file")
    text = f'{{"head":{exact},"path":"a"}}'
    library = ListLibrary([replace(one, arguments_json=canonical_arguments(text, tool.input_schema_json))])
    assert play(library, "files", "read_file", f'{{"head":"{exact}","path":"a"}}').reply.tier is Tier.NORMALISED
    assert play(library, "files", "read_file", f'{{"head":"{exact - 1}","path":"a"}}').reply.tier is Tier.ERROR


def test_enum_case_is_normalised():
    library = ListLibrary(recorded(("files", "list_files", {"order": "desc"})))
    assert play(library, "files", "list_files", {"order": "DESC"}).reply.tier is Tier.NORMALISED


@pytest.mark.parametrize("head", ["five", "5x", "", "5.5", "\u0665"])
def test_text_that_is_no_number_is_not_coerced_into_one(head):
    library = ListLibrary(recorded(("files", "read_file", {"path": "orders/latest.txt", "head": 5})))
    played = play(library, "files", "read_file", {"path": "orders/latest.txt", "head": head})
    assert played.reply.tier is Tier.ERROR


def test_coercible_call_without_recording_stays_an_error():
    played = play(ListLibrary(), "files", "read_file", {"path": "orders/latest.txt", "head": "5"})
    assert (played.reply.tier, played.reply.schema_path) == (Tier.ERROR, "/properties/head/type")


def test_missed_read_moves_nothing():
    played = play(ListLibrary(recorded(READ)), "files", "list_files", {})
    assert (played.reply.tier, played.reply.error_code) == (Tier.MISS, "not_recorded")
    assert "miss" not in played.reply.result_json
    assert played.situation == Situation(Office().world)


def test_missed_write_through_one_server_makes_reads_through_the_other_misses():
    library = ListLibrary(recorded(READ, ("desk", "find_order", {"order_id": "A-17"})))
    write = play(library, "desk", "set_total", {"order_id": "A-17", "total": 1})
    read = play(library, "files", "read_file", READ[2], write.situation)
    assert (write.reply.tier, write.situation.world) == (Tier.MISS, UNKNOWN)
    assert (read.reply.tier, read.reply.error_code) == (Tier.MISS, "unknown_state")


def test_recorded_write_through_one_server_is_seen_through_the_other():
    desk = Office()
    calls = [
        desk.record("files", "read_file", {"path": "orders/A-17.json"}),
        desk.record("desk", "set_total", {"order_id": "A-17", "total": 30}),
        desk.record("files", "read_file", {"path": "orders/A-17.json"}),
    ]
    library = ListLibrary(calls)
    before = play(library, "files", "read_file", {"path": "orders/A-17.json"})
    write = play(library, "desk", "set_total", {"order_id": "A-17", "total": 30.0}, before.situation)
    after = play(library, "files", "read_file", {"path": "orders/A-17.json"}, write.situation)
    assert [p.reply.tier for p in (before, write, after)] == [Tier.EXACT] * 3
    assert [before.reply.result_json, after.reply.result_json] == [calls[0].result_json, calls[2].result_json]


def test_missed_session_call_loses_that_session_only():
    library = ListLibrary(recorded(READ, ("desk", "labels", {})))
    missed = play(library, "desk", "register", {"label": "x"})
    assert play(library, "desk", "labels", {}, missed.situation).reply.error_code == "unknown_state"
    assert play(library, "files", *READ[1:], missed.situation).reply.tier is Tier.EXACT


def test_missed_call_of_an_unproven_tool_loses_world_and_session():
    missed = play(ListLibrary(recorded(READ)), "desk", "stamp", {})
    assert missed.situation == Situation(UNKNOWN, (("desk", UNKNOWN),))


def test_tool_seen_moving_the_world_is_not_believed_to_be_read_only():
    tools = [
        replace(tool, behaviour=replace(tool.behaviour, effect=Effect.READ_ONLY)) if tool.name == "write_file" else tool
        for tool in office.tools()
    ]
    library = ListLibrary(recorded(("files", "write_file", {"path": "a", "text": "b"})), tools=tools)
    assert play(library, "files", "write_file", {"path": "other", "text": "b"}).situation.world == UNKNOWN


def test_key_with_two_results_is_never_exact():
    (one,) = recorded(READ)
    other = replace(
        one, recording_id="rec_other", result_sha256="0" * 64, result_json=one.result_json.replace("A", "B")
    )
    played = play(ListLibrary([one, other]), *READ[:1], READ[1], READ[2])
    assert (played.reply.tier, played.reply.error_code) == (Tier.MISS, "unstable")


def test_recording_found_unstable_is_never_exact():
    (one,) = recorded(READ)
    played = play(ListLibrary([replace(one, stability=Stability.UNSTABLE)]), *READ)
    assert (played.reply.tier, played.reply.error_code) == (Tier.MISS, "unstable")


def test_result_too_large_to_keep_is_a_miss_that_knows_the_state_after():
    (write,) = recorded(("files", "write_file", {"path": "a", "text": "b"}))
    played = play(
        ListLibrary([replace(write, result_json="", too_large=True)]), "files", "write_file", {"path": "a", "text": "b"}
    )
    assert (played.reply.error_code, played.situation.world) == ("result_too_large", write.state_after.world)


def test_recordings_made_with_mapped_paths_never_answer_for_a_mounted_server():
    (one,) = recorded(READ)
    assert play(ListLibrary([replace(one, path_mode=PathMode.MAPPED)]), *READ).reply.error_code == "not_recorded"


@pytest.mark.parametrize(
    "schema",
    ["", "7", "{", '{"type": 7}', '{"pattern": "("}', '{"$ref": "https://example.invalid/x"}', '{"$ref": "#/nowhere"}',
     DRAFT_4],
)  # fmt: skip
def test_bad_or_old_schemas_are_survived(schema):
    library = ListLibrary()
    tool = replace(tool_of(library, "files", "read_file"), input_schema_json=schema)
    assert replay(tool, '{"head": 3}', Situation("w"), library).reply.tier is Tier.MISS


def test_draft_is_detected_from_the_schema():
    library = ListLibrary()
    tool = replace(tool_of(library, "files", "read_file"), input_schema_json=DRAFT_4)
    assert replay(tool, '{"head": 0}', Situation("w"), library).reply.tier is Tier.ERROR


class OfficePool:
    """A live pool over one running office."""

    def __init__(self, made=None):
        self.office, self.calls, self.made, self.in_flight = Office(), [], made, 0

    async def run(self, call, keep):
        self.calls.append(call)
        return keep(self.made or self.office.record(call.server_id, call.tool, json.loads(call.arguments_json)))


class DictOverlay:
    """An overlay in memory."""

    def __init__(self):
        self.kept = {}

    def find(self, key, path_mode):
        return self.kept.get((key, path_mode))

    def keep(self, key, path_mode, made):
        return self.kept.setdefault((key, path_mode), made)


@pytest.mark.parametrize(
    ("situation", "arguments", "tiers", "expected", "made"),
    [
        (Situation(Office().world), '{"order_id":"A-17"}', (Tier.EXACT, Tier.LIVE), Tier.LIVE, 1),
        (Situation(Office().world), '{"order_id":"A-17"}', (Tier.EXACT,), Tier.MISS, 0),
        (Situation(Office().world), '{"order_id":7}', (Tier.EXACT, Tier.LIVE), Tier.ERROR, 0),
        (Situation(UNKNOWN), '{"order_id":"A-17"}', (Tier.EXACT, Tier.LIVE), Tier.MISS, 0),
    ],
)
async def test_live_pool_is_asked_only_for_valid_misses_in_a_known_state(situation, arguments, tiers, expected, made):
    library, pool = ListLibrary(), OfficePool()
    live = Live(DictOverlay(), pool)
    played = await answer(
        tool_of(library, "desk", "find_order"), arguments, History(situation, situation.world), library, tiers, live
    )
    assert (played.reply.tier, len(pool.calls)) == (expected, made)
    assert played.reply.reason


async def test_first_live_answer_of_a_key_is_the_answer_whoever_asks_again():
    library, pool, overlay = ListLibrary(), OfficePool(), DictOverlay()
    tool, here = tool_of(library, "desk", "find_order"), History(Situation(Office().world), Office().world)
    first = await answer(tool, '{"order_id":"A-17"}', here, library, DEFAULT_TIERS, Live(overlay, pool))
    other = OfficePool(NotMade("not_runnable"))
    again = await answer(tool, '{ "order_id": "A-17"}', here, library, DEFAULT_TIERS, Live(overlay, other))
    assert (again, other.calls) == (first, [])


async def test_call_that_cannot_be_made_stays_a_miss_that_says_why():
    library, overlay = ListLibrary(), DictOverlay()
    tool, here = tool_of(library, "desk", "find_order"), History(Situation(Office().world), Office().world)
    live = Live(overlay, OfficePool(NotMade("state_not_rebuilt")))
    played = await answer(tool, '{"order_id":"A-17"}', here, library, DEFAULT_TIERS, live)
    assert (played.reply.tier, played.reply.error_code, played.reply.reason) == (
        Tier.MISS, "not_recorded", "state_not_rebuilt",
    )  # fmt: skip


async def test_live_call_is_told_what_moved_the_episode():
    library, pool = ListLibrary(), OfficePool()
    here = History(Situation(Office().world), Office().world)
    moving = await answer(
        tool_of(library, "desk", "register"), '{"label":"x"}', here, library, DEFAULT_TIERS,
        Live(DictOverlay(), pool),
    )  # fmt: skip
    assert moving.situation != Situation(Office().world)
    step = Step("desk", "d", "register", '{"label":"x"}', moving.situation)
    history = History(moving.situation, Office().world, (step,))
    tool = tool_of(library, "desk", "labels")
    await answer(tool, "{}", history, library, DEFAULT_TIERS, Live(DictOverlay(), pool))
    assert (pool.calls[-1].steps, pool.calls[-1].before) == ((step,), moving.situation)


CALLS = st.sampled_from(
    [
        *(("files", "read_file", {"path": path}) for path in (*office.FIRST_FILES, "new.txt", "nowhere")),
        ("files", "list_files", {}),
        ("files", "write_file", {"path": "new.txt", "text": "one"}),
        ("files", "write_file", {"path": "new.txt", "text": "two"}),
        ("files", "write_file", {"path": "orders/latest.txt", "text": "order: B-2"}),
        ("desk", "find_order", {"order_id": "A-17"}),
        ("desk", "set_total", {"order_id": "A-17", "total": 30}),
        ("desk", "set_total", {"order_id": "nowhere", "total": 30}),
        ("desk", "register", {"label": "x"}),
        ("desk", "register", {"label": "y"}),
        ("desk", "labels", {}),
        ("desk", "stamp", {}),
        ("files", "read_file", {"path": 7}),
    ]
)


@settings(max_examples=150, deadline=None)
@given(explored=st.lists(st.lists(CALLS, max_size=6), max_size=6), played=st.lists(CALLS, max_size=10))
def test_whatever_was_explored_an_exact_answer_is_what_the_real_servers_would_say(explored, played):
    """Cross-server read-after-write, sessions, failures and misses in any interleaving."""
    recordings = []
    for line in explored:
        desk = Office()
        recordings += [desk.record(*call) for call in line if call[2] != {"path": 7}]
    library = ListLibrary(recordings)
    real, situation = Office(), Situation(Office().world)
    for server, name, arguments in played:
        turn = play(library, server, name, arguments, situation)
        situation = turn.situation
        if turn.reply.tier is Tier.ERROR:
            continue
        truth = real.record(server, name, arguments)
        if turn.reply.tier is Tier.EXACT:
            assert turn.reply.result_json == truth.result_json
            assert situation.of(server) == truth.state_after


def test_commuting_writes_meet_in_one_state():
    one, other = (
        ("files", "write_file", {"path": "a", "text": "1"}),
        ("desk", "set_total", {"order_id": "A-17", "total": 1}),
    )
    first, second = Office(), Office()
    recordings = [first.record(*one), first.record(*other), first.record("files", "list_files", {})]
    recordings += [second.record(*other), second.record(*one)]
    library, situation = ListLibrary(recordings), Situation(Office().world)
    for call in (other, one):
        situation = play(library, *call, situation).situation
    assert play(library, "files", "list_files", {}, situation).reply.tier is Tier.EXACT
