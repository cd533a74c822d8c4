"""How far a run is, folded from its topics; counted by ids, never by lag. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cli.distinct import Candidate, kept
from cli.running.costs import Costs
from shared.model.catalogue import CrawlOutcome, ServerRecord, ToolRecord, WorldRecord
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import EpochOpened, Lane, SubDag
from shared.model.tasks import LedgerEntry, Verdict, VerdictKind, VerifiedTask


@dataclass(slots=True)
class Progress:
    """Everything the display, the goal and the funnel need."""

    servers: dict[str, ServerRecord] = field(default_factory=dict)
    worlds: set[str] = field(default_factory=set)
    """Digests of those that were looked at."""
    tools: set[str] = field(default_factory=set)
    drawn: set[int] = field(default_factory=set)
    """Counters of the draws lane."""
    requested: int = 0
    """Sub-DAGs of the requests lane."""
    total: int | None = None
    """Draws there will ever be, once the sampler has said so."""
    explored: dict[int, ExplorationOutcome] = field(default_factory=dict)
    exploration_failures: Counter[str] = field(default_factory=Counter)
    verdicts: dict[int, set[int]] = field(default_factory=dict)
    """Per counter, the indexes that have a verdict."""
    expected: dict[int, int] = field(default_factory=dict)
    """Per counter, how many verdicts there will be."""
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(verdict kind, reason)."""
    shapes: Counter[str] = field(default_factory=Counter)
    """Of verified tasks."""
    published: Counter[str] = field(default_factory=Counter)
    """Task id -> times on `verified-tasks`: each must be 1."""
    graph_version: int | None = None
    costs: Costs = field(default_factory=Costs)
    _candidates: dict[str, Candidate] = field(default_factory=dict)
    _kept: tuple[int, int] = (0, 0)
    """(candidates, how many of them are kept), as of the last look."""
    _failures: dict[int, str] = field(default_factory=dict)
    _judged: dict[tuple[int, int, bool], Verdict] = field(default_factory=dict)
    """Per (counter, index, draws lane), the verdict that counts."""

    def apply(self, topic: str, key: str, record: Any) -> None:
        """Fold one record."""
        if isinstance(record, VerifiedTask):
            self.published[key] += 1
            # The first counts, as in an export.
            self._candidates.setdefault(key, Candidate.of(record.task))
        elif isinstance(record, ServerRecord | WorldRecord | ToolRecord):
            self._find(record)
        elif isinstance(record, EpochOpened):
            self._open(record)
        elif isinstance(record, SubDag):
            self._draw(record)
        elif isinstance(record, Exploration):
            self._explore(record)
        elif isinstance(record, Verdict):
            self._judge(record)
        elif isinstance(record, LedgerEntry):
            self.costs.add(record)

    @property
    def judged(self) -> Iterable[Verdict]:
        """The verdict that counts of every draft."""
        return self._judged.values()

    @property
    def verified(self) -> int:
        """Distinct tasks published."""
        return len(self.published)

    @property
    def exportable(self) -> int:
        """Tasks that an export would keep: distinct, and not answered by a constant."""
        # Candidates are only added, so their number tells whether to choose again.
        if self._kept[0] != len(self._candidates):
            self._kept = (len(self._candidates), len(kept(self._candidates.values())[0]))
        return self._kept[1]

    @property
    def ready_servers(self) -> int:
        """Servers that can be explored."""
        return sum(1 for record in self.servers.values() if record.outcome is CrawlOutcome.READY)

    @property
    def failed_servers(self) -> dict[str, str]:
        """Server -> why it cannot be used."""
        failed = (record for record in self.servers.values() if record.outcome is CrawlOutcome.FAILED)
        return {record.server_id: str(record.failure_class or "unknown") for record in failed}

    def finished(self, counter: int) -> bool:
        """Whether a draw has its exploration and all of its verdicts."""
        expected = self.expected.get(counter)
        return counter in self.explored and expected is not None and len(self.verdicts.get(counter, ())) >= expected

    def unfinished(self, draws: int | None = None) -> list[int]:
        """Counters among the first `draws`, or among those drawn, that are not finished."""
        wanted = range(draws) if draws is not None else sorted(self.drawn)
        return [counter for counter in wanted if not self.finished(counter)]

    def _find(self, record: ServerRecord | WorldRecord | ToolRecord) -> None:
        if isinstance(record, ServerRecord):
            self.servers[record.server_id] = record
        elif isinstance(record, WorldRecord):
            self.worlds.add(record.world_digest)
        else:
            self.tools.add(record.tool_id)

    def _open(self, record: EpochOpened) -> None:
        self.graph_version = max(self.graph_version or 0, record.graph_version)
        if record.last:
            self.total = record.first_counter + record.size

    def _draw(self, record: SubDag) -> None:
        if record.lane is Lane.DRAWS:
            self.drawn.add(record.counter)
        else:
            self.requested += 1

    def _explore(self, record: Exploration) -> None:
        if record.lane is not Lane.DRAWS or not self._is_news(self.explored.get(record.counter), record):
            return
        if record.counter in self.explored:
            self.exploration_failures -= Counter([self._failures.pop(record.counter)])
        self.explored[record.counter] = record.outcome
        if record.outcome is not ExplorationOutcome.EXECUTED:
            self._failures[record.counter] = record.failure_code or str(record.outcome)
            self.exploration_failures[self._failures[record.counter]] += 1

    @staticmethod
    def _is_news(before: ExplorationOutcome | None, record: Exploration) -> bool:
        """Records may come twice; only a dead one can be repaired, by a replay of its dead letter."""
        return before is None or (before is ExplorationOutcome.DEAD and record.outcome is not before)

    def _judge(self, record: Verdict) -> None:
        place = (record.counter, record.index, record.draws_lane)
        before = self._judged.get(place)
        # As with explorations: a second verdict is news only where it repairs the first.
        if before is not None and (before.kind is VerdictKind.VERIFIED or record.kind is not VerdictKind.VERIFIED):
            return
        if before is not None:
            self._uncount(before)
        self._judged[place] = record
        self.kinds[str(record.kind)] += 1
        if record.kind is VerdictKind.VERIFIED:
            self.shapes[record.shape] += 1
        else:
            self.reasons[str(record.kind), record.reason] += 1
        if record.draws_lane:
            self.verdicts.setdefault(record.counter, set()).add(record.index)
            self.expected[record.counter] = record.of

    def _uncount(self, record: Verdict) -> None:
        self.kinds -= Counter([str(record.kind)])
        self.reasons -= Counter([(str(record.kind), record.reason)])
