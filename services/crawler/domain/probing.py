"""Probing one server with few calls and few processes.

One bench at the frozen clock finds a call of each tool that succeeds; a second one, elsewhere and later, repeats these
calls in the same order, so that both have the same state all along; a third is opened only where the two differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.crawler.domain.arguments import goes_by_name, surroundings, takes_paths, variants
from services.crawler.domain.behaviour import Trial, decide, differs_elsewhere, differs_in_instants, is_success
from services.crawler.domain.mending import mended
from services.crawler.domain.ports import Bench, Called, ListedServer, ListedTool, Workshop
from services.crawler.domain.verbs import rank
from shared.model.catalogue import Behaviour, WorldRecord
from shared.model.errors import Rejected

_SENTINELS = 2
_LONG = 20_000
_READS, _MEMORY = 0, 1


@dataclass(frozen=True, slots=True)
class Budget:
    """How much probing one server may cost."""

    seconds: float = 600.0
    """A bound against servers that hang, never reached by honest ones: what is proven must not depend on the clock."""
    attempts: int = 2
    """Calls of one tool until one succeeds."""


@dataclass(slots=True)
class Probed:
    """What probing one server brought."""

    listing: ListedServer
    trials: dict[str, Trial]
    log: list[tuple[ListedTool, Called]] = field(default_factory=list)
    """Every call on the first bench, in order."""

    def behaviour(self, name: str) -> Behaviour:
        """What is proven of a tool."""
        return decide(self.trials[name])


class Probing:
    """One server's probes; `mentions_world` says that its launch spec names the workspace."""

    def __init__(
        self,
        world: WorldRecord,
        mentions_world: bool,
        budget: Budget,
        workshop: Workshop,
        names: frozenset[str] = frozenset(),
    ) -> None:
        """`names` are the tools to probe, all of them by default."""
        self._world, self._mentions_world, self._budget, self._workshop = world, mentions_world, budget, workshop
        self._names = names
        self._arguments: dict[str, tuple[str, ...]] = {}

    async def run(self) -> Probed:
        """List and probe.

        Raises:
            Rejected: the server cannot be listed.
            Unavailable: infrastructure is away.
        """
        async with self._workshop.bench() as bench:
            listing = await bench.list_tools()
            probed = Probed(listing, {tool.name: Trial(tool) for tool in listing.tools})
            await self._try_all(bench, probed)
        await self._repeat_elsewhere(probed)
        return probed

    async def _try_all(self, bench: Bench, probed: Probed) -> None:
        around = surroundings(probed.listing.tools, self._world)
        for tool in probed.listing.tools:
            self._arguments[tool.name] = variants(tool, around, self._budget.attempts)
        chosen = [trial for trial in probed.trials.values() if self._is_chosen(trial.tool)]
        for trial in sorted(chosen, key=lambda trial: _rank(trial.tool, around.registers)):
            if self._workshop.elapsed() < self._budget.seconds:
                await self._try_tool(bench, probed, trial)

    def _is_chosen(self, tool: ListedTool) -> bool:
        # What remembers a folder is called too: without it, tools that go by the remembered name all fail.
        return not self._names or tool.name in self._names or rank(tool) == _MEMORY

    async def _try_tool(self, bench: Bench, probed: Probed, trial: Trial) -> None:
        waiting = list(self._arguments[trial.tool.name])
        for _ in range(self._budget.attempts):
            if not waiting:
                break
            called = await _call(bench, probed, trial.tool, waiting.pop(0))
            if called is None:
                return
            trial.first = called
            # A failed call that wrote files has changed the bench: another try would start from another world.
            if trial.succeeded or trial.moved_world:
                break
            if (better := mended(called.arguments_json, called.result_json)) and not called.too_large:
                # What the error text names comes before our own next guess
                # (203 of 1,601 failures name valid values, measured).
                waiting.insert(0, better)
        if not trial.succeeded or trial.moved_world or trial.first is None:
            return
        # Only reads are asked twice at once: repeating a write proves nothing and moves more.
        if rank(trial.tool) == _READS:
            trial.again = await _call(bench, probed, trial.tool, trial.first.arguments_json)
        else:
            trial.moved_answers = await self._answers_moved(bench, probed)

    async def _answers_moved(self, bench: Bench, probed: Probed) -> bool:
        """Whether reads that agreed with themselves so far, or failed so far, answer differently now."""
        reads = [trial for trial in probed.trials.values() if rank(trial.tool) == _READS and trial.first]
        steady = [trial for trial in reads if trial.succeeded and not trial.moved_world and not _is_restless(trial)]
        failing = [trial for trial in reads if not trial.succeeded and _takes_nothing(trial.first)]
        moved = False
        for trial in (*failing[:1], *steady[:_SENTINELS]):
            moved |= await self._answers_otherwise(bench, probed, trial)
        return moved

    async def _answers_otherwise(self, bench: Bench, probed: Probed, trial: Trial) -> bool:
        known = trial.latest or trial.first
        now = await _call(bench, probed, trial.tool, known.arguments_json) if known else None
        if known is None or now is None or now.state.world != known.state.world:
            return False
        trial.latest = now
        if not trial.succeeded:
            trial.first = now
        return now.result_sha256 != known.result_sha256

    async def _repeat_elsewhere(self, probed: Probed) -> None:
        done = [trial for trial in probed.trials.values() if trial.first and (trial.succeeded or trial.moved_world)]
        # In the order of the first bench, so that each call meets the state it met there.
        order = _up_to_last_read(_in_order(done, probed.log))
        open_ones = order
        # A server that cannot name a path cannot depend on files: an empty world then proves purity as well.
        if not self._mentions_world and not any(takes_paths(tool) for tool in probed.listing.tools):
            await self._repeat(order, is_empty=True)
            open_ones = [trial for trial in order if differs_elsewhere(trial) and not differs_in_instants(trial)]
        if open_ones:
            await self._repeat(open_ones, is_empty=False)
        await self._repeat_at_first_clock(order)

    async def _repeat(self, order: Sequence[Trial], *, is_empty: bool) -> None:
        async with self._workshop.bench(is_later=True, is_empty=is_empty) as bench:
            for trial in order:
                if trial.first and (called := await _call(bench, None, trial.tool, trial.first.arguments_json)):
                    trial.elsewhere, trial.in_empty_world = called, is_empty

    async def _repeat_at_first_clock(self, order: Sequence[Trial]) -> None:
        """Repeat the reads that differed, after whatever moved state before them."""
        reads = [(index, trial) for index, trial in enumerate(order) if rank(trial.tool) == _READS]
        different = [index for index, trial in reads if differs_elsewhere(trial)]
        if not different:
            return
        async with self._workshop.bench() as bench:
            for trial in order[: max(different) + 1]:
                # Whatever may have moved state before a read is made too; mere reads in between are left out.
                if trial.first and (differs_elsewhere(trial) or rank(trial.tool) or trial.moved_world):
                    trial.same_clock = await _call(bench, None, trial.tool, trial.first.arguments_json)


def _rank(tool: ListedTool, registers: bool) -> float:
    """Reads that go by a remembered name come after what remembers it, and before what changes."""
    own = rank(tool)
    return _MEMORY + 0.5 if registers and own == _READS and goes_by_name(tool) else own


async def _call(bench: Bench, probed: Probed | None, tool: ListedTool, arguments_json: str) -> Called | None:
    """Call; a server that gives no steady outcome costs that probe."""
    try:
        called = await bench.call(tool, arguments_json)
    except Rejected:
        return None
    if probed is not None:
        probed.log.append((tool, called))
    return called


def _in_order(trials: Sequence[Trial], log: Sequence[tuple[ListedTool, Called]]) -> list[Trial]:
    """Trials in the order of their successes on the first bench."""
    places = {id(called): place for place, (_, called) in enumerate(log)}
    return sorted(trials, key=lambda trial: places.get(id(trial.first), len(log)))


def _up_to_last_read(order: Sequence[Trial]) -> list[Trial]:
    """Leave out what comes after the last trial that a repeat can prove something about."""
    reads = (index for index, trial in enumerate(order) if rank(trial.tool) <= _MEMORY and not trial.moved_world)
    last = max(reads, default=-1)
    return list(order[: last + 1])


def _is_restless(trial: Trial) -> bool:
    """Whether a read is no good for seeing changes: its answer moves by itself, or is long."""
    first, again = trial.first, trial.again
    return first is None or again is None or first.result_sha256 != again.result_sha256 or first.result_length > _LONG


def _takes_nothing(called: Called | None) -> bool:
    return called is not None and called.arguments_json == "{}" and not is_success(called)
