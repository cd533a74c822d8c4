"""Servers that misbehave, each met as a real process: a failure class and a sentence, or data."""

import asyncio
import json
from decimal import Decimal

import pytest

from shared.model.catalogue import FailureClass, PathMode
from shared.model.errors import Rejected
from shared.proof.canonical import parse_canonical
from shared.runtime.servers.clocks import Clock, instant_of
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.servers.failures import Crash, StartFailed
from shared.runtime.servers.lines import LINE_BYTES
from shared.runtime.servers.sandbox import Launch
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.stdio import StdioProcess
from tests.fakes.launching import NOW, launcher, world

pytestmark = pytest.mark.integration


async def start(tmp_path, script, timeouts=None):
    store, digest = world(tmp_path)
    store.copy_to(digest, tmp_path / "live")
    made = launcher(tmp_path, timeouts, s=script)
    return await made.start("s", tmp_path / "live", instant_of(NOW, Clock.FROZEN))


async def environment(tmp_path, script, timeouts=None):
    store, digest = world(tmp_path)
    made = Environment(
        Backing(store, launcher(tmp_path, timeouts, s=script), Knowledge()), digest, Clock.FROZEN, tmp_path / "live"
    )
    await made.open()
    return made


@pytest.mark.parametrize(
    ("script", "failure_class", "says"),
    [
        ("exits", FailureClass.EXITED, "exit code 3: no licence key"),
        ("hangs", FailureClass.HANDSHAKE_TIMEOUT, "no answer to the handshake within 1 s"),
        ("garbage", FailureClass.NOT_MCP, "2 lines that are not MCP"),
        ({"command": "/does/not/exist"}, FailureClass.BAD_SPEC, "was not found"),
        ({"command": "uvx", "args": ["--editable", "x"]}, FailureClass.BAD_SPEC, "--editable"),
        ({"url": "http://127.0.0.1:9/mcp"}, FailureClass.UNREACHABLE, "."),
    ],
)
async def test_start_names_what_went_wrong(tmp_path, script, failure_class, says):
    with pytest.raises(StartFailed, match=says) as failed:
        await start(tmp_path, script, Timeouts(start=1, call=1, listing=1))
    assert failed.value.failure_class is failure_class
    assert "\n" not in failed.value.text


async def test_listing_keeps_good_tools_and_says_why_not_the_others(tmp_path):
    session = await start(tmp_path, "bad_list")
    listing = await session.list_tools()
    assert [(tool.name, tool.description) for tool in listing.tools] == [
        ("good", "first"),
        ("bad_output", "bad_output"),
        ("exact", "exact"),
    ]
    assert listing.tools[1].output_schema_json == ""
    assert (
        '"default":25.60' in listing.tools[2].input_schema_json.replace(" ", "")
        or "25.6" in listing.tools[2].input_schema_json
    )
    said = " | ".join(listing.defects)
    for part in ("no_schema", "not_object", "invalid", "'good' is listed again", "no object", "no usable name"):
        assert part in said
    await session.close()


async def test_numbers_survive_both_ways(tmp_path):
    made = await environment(tmp_path, "exact")
    called = await made.call_tool("s", "numbers", "{}")
    content = parse_canonical(called.result_json)["structuredContent"]
    assert content["id"] == 2**53 + 1
    assert content["price"] == Decimal("25.60")
    assert not Decimal(content["big"]).is_finite()
    echoed = await made.call_tool("s", "echo", '{"n": 9007199254740993, "d": 0.12345678901234567891}')
    line = json.loads(echoed.result_json)["content"][0]["text"]
    assert "9007199254740993" in line
    assert "0.12345678901234567891" in line
    await made.aclose()


async def test_large_results_keep_digest_and_length_only(tmp_path):
    made = await environment(tmp_path, "huge")
    small = await made.call_tool("s", "fill", '{"size": 1000}')
    assert not small.too_large
    large = await made.call_tool("s", "fill", '{"size": 300000}')
    assert large.too_large
    assert large.result_json == ""
    assert large.result_length > 300_000
    assert len(large.result_sha256) == 64
    await made.aclose()


async def test_a_line_beyond_the_cap_is_data_and_the_server_goes_on(tmp_path):
    made = await environment(tmp_path, "huge", Timeouts(start=10, call=20, listing=5))
    first = await made.call_tool("s", "fill", json.dumps({"size": 50_000_000}))
    assert first.is_error
    assert f"longer than {LINE_BYTES} bytes" in first.result_json
    second = await made.call_tool("s", "fill", json.dumps({"size": 40_000_000}))
    assert second.result_sha256 == first.result_sha256
    after = await made.call_tool("s", "fill", '{"size": 3}')
    assert "xxx" in after.result_json
    await made.aclose()


async def test_dying_the_same_way_each_time_becomes_data(tmp_path):
    made = await environment(tmp_path, "moody")
    called = await made.call_tool("s", "die", "{}")
    assert (called.crash, called.is_error) == (Crash.DIED, True)
    assert "the server ended during this call" in called.result_json
    assert called.state == called.state_after
    assert "nothing" in (await made.call_tool("s", "recall", "{}")).result_json
    await made.aclose()


async def test_hanging_the_same_way_each_time_becomes_data(tmp_path):
    made = await environment(tmp_path, "moody", Timeouts(start=10, call=0.5, listing=5))
    called = await made.call_tool("s", "hang", "{}")
    assert (called.crash, called.is_error) == (Crash.TIMEOUT, True)
    await made.aclose()


async def test_state_before_a_crash_is_built_again(tmp_path):
    made = await environment(tmp_path, "moody")
    await made.call_tool("s", "remember", '{"what": "milk"}')
    before = made.state("s")
    assert before.session
    crashed = await made.call_tool("s", "write_and_die", "{}")
    assert crashed.crash is Crash.DIED
    assert crashed.state == crashed.state_after == before
    assert not (tmp_path / "live/written.txt").exists()
    recalled = await made.call_tool("s", "recall", "{}")
    assert "milk" in recalled.result_json
    assert recalled.state == before
    await made.aclose()


async def test_a_server_that_cannot_start_is_rejected(tmp_path):
    made = await environment(tmp_path, "exits")
    for _ in range(2):
        with pytest.raises(Rejected, match="server_failed"):
            await made.call_tool("s", "any", "{}")
    with pytest.raises(Rejected, match="unknown_server"):
        await made.call_tool("other", "any", "{}")
    await made.aclose()


async def test_unknown_tools_and_bad_arguments_are_data_or_rejected(tmp_path):
    made = await environment(tmp_path, "exact")
    with pytest.raises(Rejected, match="bad_arguments"):
        await made.call_tool("s", "echo", "[1]")
    await made.aclose()


async def test_a_cancelled_call_leaves_nothing_for_the_next_one(tmp_path):
    made = await environment(tmp_path, "moody", Timeouts(start=10, call=20, listing=5))
    call = asyncio.create_task(made.call_tool("s", "hang", "{}"))
    await asyncio.sleep(0.5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert "nothing" in (await made.call_tool("s", "recall", "{}")).result_json
    await made.aclose()


async def test_process_that_never_started_can_be_killed_without_harm():
    """Group 0 is the caller's own: the kill of an unstarted server once ended the whole test run."""
    StdioProcess(Launch(("true",), {}, "/", PathMode.MAPPED, "/")).kill()
