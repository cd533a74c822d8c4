"""Whatever one server writes, no answer of another from before is served as `exact` afterwards.

Every pair is executed on the real, pinned servers over one mount: read, write, read in one environment; in another one
the write comes before the first read, so that a server's own cache would show. Recordings and keys are made by the
explorer's code, answers by the simulator's over a snapshot file; what the real servers said is the truth.
"""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from services.explorer.domain import recordings
from services.explorer.domain.executing import Run, Step, make_attempt
from services.explorer.domain.filling import fill
from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.snapshot_file import open_snapshot, write_snapshot
from services.simulator.domain.episodes import EpisodePlan
from services.simulator.domain.replaying import Tier
from services.simulator.domain.simulating import Simulator, Surroundings, Wanted
from services.simulator.domain.snapshots import Content
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, ServerRecord, ToolRecord, Variation
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import canonical
from shared.proof.identity import tool_id
from shared.proof.plain import plain_json
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.spec import parse_servers
from tests.fakes import shared_mount as mount
from tests.fakes.launching import world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CACHE = Path.home() / ".cache" / "firefly"
"""Installed servers are kept between runs: installing needs the network, running does not."""
DEMO = Path(__file__).parents[2] / "examples" / "mcp.json"
ROWS = [pytest.param(index, id=str(pair)) for index, pair in enumerate(mount.PAIRS)]
each_pair = pytest.mark.parametrize("index", ROWS)
each_sessionless = pytest.mark.parametrize(
    "index",
    [row for row, pair in zip(ROWS, mount.PAIRS, strict=True) if pair.read.server_id != mount.REGISTER.server_id],
)
"""Pairs whose read starts from no session, so that an episode can begin right before it."""


class Catalogue:
    """The servers and their tools as they list them, with the effects this test knows."""

    def __init__(self, world_digest):
        self.world_digest = world_digest
        self.tools: dict[tuple[str, str], ToolRecord] = {}
        self.servers: list[ServerRecord] = []

    async def read(self, environment, launcher):
        for server_id in mount.SERVERS:
            server_digest = await launcher.server_digest(server_id)
            listing = await (await environment.session(server_id)).list_tools()
            tools = [_record(tool, server_id, server_digest) for tool in listing.tools]
            self.tools |= {(server_id, tool.name): tool for tool in tools}
            mode = launcher.path_mode(server_id)
            self.servers.append(ServerRecord(server_id, server_digest, CrawlOutcome.READY, path_mode=mode))

    def planned(self, call):
        tool = self.tools[call.server_id, call.tool]
        return PlannedCall("c1", tool.tool_id, call.server_id, call.tool, canonical(call.arguments))


def _record(tool, server_id, server_digest):
    effect = Effect.UNKNOWN
    if (server_id, tool.name) in mount.READERS:
        effect = Effect.READ_ONLY
    if (server_id, tool.name) in mount.WRITERS:
        effect = Effect.WORLD
    if tool.name == mount.REGISTER.tool:
        effect = Effect.SESSION
    return ToolRecord(
        tool_id(server_digest, tool.name, tool.description, tool.input_schema_json, ""),
        server_id,
        server_digest,
        tool.name,
        tool.description,
        tool.input_schema_json,
        behaviour=Behaviour(effect, Variation.STABLE, False, "told by the test"),
    )


@dataclass
class Log:
    """Every real call of one environment, in order."""

    environment: object
    catalogue: Catalogue
    steps: list = field(default_factory=list)

    async def make(self, *calls):
        made = []
        for call in calls:
            planned = self.catalogue.planned(call)
            tool = self.catalogue.tools[call.server_id, call.tool]
            filled = fill(planned, {}, tool.input_schema_json)
            attempt = await make_attempt(self.environment, filled, tool)
            self.steps.append(Step(planned, attempt))
            made.append(attempt)
        return made


@dataclass
class Real:
    """What the real servers did."""

    catalogue: Catalogue
    pairs: dict = field(default_factory=dict)
    """Pair index -> read before, write, read after."""
    fresh: dict = field(default_factory=dict)
    """Pair index -> write, read after; by processes that had not read the file before."""
    undone: list = field(default_factory=list)
    commuted: list = field(default_factory=list)
    """Per order: both writes, then the read."""
    made: list = field(default_factory=list)
    """A look at a session, a statement that moved it and the world, and the look again."""
    not_made: list = field(default_factory=list)
    """The same looks around another server's write that leaves the same files."""
    recordings: tuple = ()

    def truth(self, attempt):
        """Everything that was answered to this call in this state."""
        return {
            one.result_json
            for one in self.recordings
            if (one.server_id, one.tool, one.arguments_json, one.state)
            == (attempt.tool.server_id, attempt.tool.name, attempt.filled.arguments_json, attempt.called.state)
        }


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return asyncio.run(_recorded(tmp_path_factory.mktemp("mount")))


async def _recorded(folder):
    texts = mount.files(folder / "world-source" / "files")
    store, digest = world(folder, texts)
    launcher = _launcher(folder)
    found = Real(Catalogue(digest))
    async with EnvironmentPool(store, launcher, folder, PoolBounds(environments=1)) as pool:
        async with pool.lease(digest, Clock.FROZEN, mount.SERVERS) as environment:
            await found.catalogue.read(environment, launcher)
            for tool in found.catalogue.tools.values():
                pool.learn(tool)
            first = await _read_write_read(Log(environment, found.catalogue), found)
        async with pool.lease(digest, Clock.FROZEN, mount.SERVERS) as environment:
            second = await _write_read(Log(environment, found.catalogue), found)
    run = Run((*first, *second), ())
    found.recordings = recordings.recordings(run, recordings.Evidence(), "now")
    return found


async def _read_write_read(log, found):
    found.undone = await log.make(mount.DRAFT, mount.THERE, mount.DRAFT, mount.BACK, mount.DRAFT)
    await log.make(mount.REGISTER)
    found.commuted.append(await log.make(*mount.COMMUTING, mount.BOTH))
    for index, pair in enumerate(mount.PAIRS):
        found.pairs[index] = await log.make(pair.read, pair.write, pair.read)
    found.made = await log.make(mount.SEEN, mount.MADE, mount.SEEN)
    return log.steps


async def _write_read(log, found):
    await log.make(mount.REGISTER)
    found.commuted.append(await log.make(*reversed(mount.COMMUTING), mount.BOTH))
    for index, pair in enumerate(mount.PAIRS):
        found.fresh[index] = await log.make(pair.write, pair.read)
    found.not_made = await log.make(mount.SEEN, mount.SAME_FILE, mount.SEEN)
    return log.steps


def _launcher(folder):
    entries = json.loads(DEMO.read_text(encoding="utf-8"))["mcpServers"]
    chosen = json.dumps({"mcpServers": {name: entries[name] for name in mount.SERVERS}})
    return Launcher(parse_servers(chosen, folder / "mcp.json"), CACHE, folder / "scratch", find_programs())


class Player:
    """Plays calls in episodes of the simulator over a snapshot of the recordings."""

    def __init__(self, folder, real, kept):
        content = Content((), tuple(kept), tuple(real.catalogue.servers), tuple(real.catalogue.tools.values()), ())
        write_snapshot(content, {}, folder, "test")
        self.library, numbers = open_snapshot(folder), count()
        around = Surroundings(lambda: 0.0, lambda: str(next(numbers)), 3600)
        self.simulator = Simulator({self.library.snapshot_id: self.library}, MemoryEpisodes(), around)
        self.tools = real.catalogue.tools
        self.names: dict[tuple[str, str], str] = {}
        self._call_ids = count()

    async def open(self, world_digest):
        opened = await self.simulator.create(Wanted(EpisodePlan(server_ids=mount.SERVERS, world_digest=world_digest)))
        self.names = {(tool.server_id, tool.name): tool.offered_name for tool in opened.tools}
        return opened.episode.episode_id

    async def fork(self, episode_id):
        return (await self.simulator.fork(episode_id, "")).episode_id

    async def play(self, episode_id, *calls):
        """Return the replies to some calls, in a copy of the episode."""
        return await self.move(await self.fork(episode_id), *calls)

    async def move(self, episode_id, *calls):
        replies = []
        for call in calls:
            name, call_id = self.names[call.server_id, call.tool], str(next(self._call_ids))
            answer = await self.simulator.call(episode_id, call_id, name, plain_json(call.arguments))
            replies.append(answer.reply)
        return replies

    async def situation(self, episode_id):
        return (await self.simulator.get(episode_id)).situation


@pytest.fixture(scope="module")
def stage(real, tmp_path_factory):
    """The full library, and per pair an episode in which everything before it was written and nothing was read."""
    player = Player(tmp_path_factory.mktemp("all") / "snapshot", real, real.recordings)
    return player, asyncio.run(_trunk(player, real))


async def _trunk(player, real):
    """Return an episode per pair, and the one after them all."""
    trunk = await player.open(real.catalogue.world_digest)
    replies = await player.move(trunk, mount.REGISTER, *mount.COMMUTING)
    assert [reply.tier for reply in replies] == [Tier.EXACT] * 3
    before = []
    for pair in mount.PAIRS:
        before.append(await player.fork(trunk))
        await player.move(trunk, pair.write)
    return [*before, trunk]


@pytest.fixture(scope="module")
def readers(real, tmp_path_factory):
    """A library in which no call that moved anything is known."""
    kept = [one for one in real.recordings if one.state == one.state_after]
    return Player(tmp_path_factory.mktemp("reads") / "snapshot", real, kept)


def test_pairs_are_many_and_cross_servers():
    table = {(str(pair.write), str(pair.read), pair.file) for pair in mount.PAIRS}
    assert len(table) == len(mount.PAIRS) >= 20
    assert all(pair.write.server_id != pair.read.server_id for pair in mount.PAIRS)
    assert {pair.write.server_id for pair in mount.PAIRS} >= {
        "filesystem",
        "git",
        "excel",
        "word",
        "memory",
        "motherduck",
    }


@each_pair
def test_write_moves_the_world_and_the_other_server_sees_it(real, index):
    before, write, after = real.pairs[index]
    assert not write.failure
    assert not (before.failure and after.failure)
    assert before.called.state == before.called.state_after
    assert before.called.result_json != after.called.result_json
    assert before.called.state.world == write.called.state.world != write.called.state_after.world
    assert after.called.state.world == after.called.state_after.world == write.called.state_after.world


@each_pair
def test_process_that_had_not_read_before_says_the_same(real, index):
    _, write, after = real.pairs[index]
    write_only, first_read = real.fresh[index]
    assert write_only.called.state_after.world == write.called.state_after.world
    assert first_read.called.state == after.called.state
    assert first_read.called.result_json == after.called.result_json


@each_pair
async def test_replay_answers_every_order_as_the_server_did(real, stage, index):
    (player, episodes), pair = stage, mount.PAIRS[index]
    before, write, after = (attempt.called.result_json for attempt in real.pairs[index])
    for calls, expected in (
        ([pair.read], [before]),
        ([pair.write, pair.read], [write, after]),
        ([pair.read, pair.write, pair.read], [before, write, after]),
        ([pair.write, pair.read, pair.read], [write, after, after]),
    ):
        replies = await player.play(episodes[index], *calls)
        assert [(reply.tier, reply.result_json) for reply in replies] == [(Tier.EXACT, text) for text in expected]


@each_pair
async def test_read_after_a_write_nobody_recorded_is_a_miss(stage, index):
    (player, episodes), pair = stage, mount.PAIRS[index]
    replies = await player.play(episodes[index], pair.read, pair.unrecorded, pair.read, pair.write, pair.read)
    assert [reply.tier for reply in replies] == [Tier.EXACT, Tier.MISS, Tier.MISS, Tier.MISS, Tier.MISS]
    assert replies[1].error_code == "not_recorded"
    assert {reply.error_code for reply in replies[2:]} == {"unknown_state"}


@each_sessionless
async def test_read_after_a_write_is_a_miss_where_no_write_was_ever_recorded(real, readers, index):
    pair = mount.PAIRS[index]
    start = await readers.open(real.pairs[index][0].called.state.world)
    for write in (pair.write, pair.unrecorded):
        replies = await readers.play(start, pair.read, write, pair.read)
        assert [reply.tier for reply in replies] == [Tier.EXACT, Tier.MISS, Tier.MISS]


@each_pair
async def test_what_moves_nothing_leaves_the_answers(real, stage, index):
    (player, episodes), pair = stage, mount.PAIRS[index]
    refused = mount.Call("filesystem", "write_file", {"path": 5})
    replies = await player.play(episodes[index], mount.MISREAD, refused, pair.read)
    assert [reply.tier for reply in replies] == [Tier.MISS, Tier.ERROR, Tier.EXACT]
    assert replies[-1].result_json in real.truth(real.pairs[index][0])


async def test_commuting_writes_meet_in_one_state(real, stage):
    player, _ = stage
    (one, other, read), (other_first, one_last, same_read) = real.commuted
    assert {one.called.state_after.world, other_first.called.state_after.world}.isdisjoint({read.called.state.world})
    assert other.called.state_after.world == one_last.called.state_after.world == read.called.state.world
    assert read.called.state == same_read.called.state
    assert len(real.truth(read)) == 1
    situations = []
    for order in (mount.COMMUTING, tuple(reversed(mount.COMMUTING))):
        episode = await player.open(real.catalogue.world_digest)
        await player.move(episode, mount.REGISTER)
        early = await player.play(episode, order[0], mount.BOTH)
        replies = await player.move(episode, *order, mount.BOTH)
        assert [early[0].tier, early[1].tier] == [Tier.EXACT, Tier.MISS]
        assert [reply.tier for reply in replies] == [Tier.EXACT] * 3
        assert replies[-1].result_json == read.called.result_json
        situations.append(await player.situation(episode))
    assert situations[0] == situations[1]


async def test_undone_write_meets_the_first_state(real, stage):
    player, _ = stage
    before, there, gone, back, after = real.undone
    assert before.called.result_json == after.called.result_json != gone.called.result_json
    assert before.called.state == after.called.state == back.called.state_after != there.called.state_after
    episode = await player.open(real.catalogue.world_digest)
    replies = await player.move(episode, mount.DRAFT, mount.THERE, mount.DRAFT, mount.BACK, mount.DRAFT)
    assert [(reply.tier, reply.result_json) for reply in replies] == [
        (Tier.EXACT, attempt.called.result_json) for attempt in real.undone
    ]


async def test_statement_that_moved_the_world_is_not_forgotten_by_the_session(real, stage):
    player, episodes = stage
    look, made, seen = real.made
    _, same_file, not_seen = real.not_made
    assert not made.failure
    assert not seen.called.is_error
    assert not_seen.called.is_error
    assert made.called.state_after.world == same_file.called.state_after.world
    assert seen.called.state.session != look.called.state.session == not_seen.called.state.session
    for write, expected in ((mount.MADE, seen), (mount.SAME_FILE, not_seen)):
        replies = await player.play(episodes[-1], write, mount.SEEN)
        assert [(reply.tier, reply.result_json) for reply in replies[1:]] == [(Tier.EXACT, expected.called.result_json)]
    replies = await player.play(episodes[-1], mount.SEEN, mount.MADE_UNSEEN, mount.SEEN)
    assert [reply.tier for reply in replies] == [Tier.EXACT, Tier.MISS, Tier.MISS]
