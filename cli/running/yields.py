"""What each server gave to a run, and why others gave nothing, folded from the same topics as `Progress`. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from shared.model.catalogue import CrawlOutcome, Effect, ServerRecord, ToolRecord
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import Lane, SubDag
from shared.model.tasks import Verdict, VerdictKind, VerifiedTask

SHOWN_REASONS = 3


@dataclass(slots=True)
class Yields:
    """Counts by server; a draw counts once for each server that its plan calls."""

    servers: dict[str, ServerRecord] = field(default_factory=dict)
    tools: dict[str, dict[str, ToolRecord]] = field(default_factory=dict)
    """Server -> tool id -> record."""
    plans: dict[int, frozenset[str]] = field(default_factory=dict)
    """Counter of a draw -> servers its plan calls."""
    answered: dict[str, set[str]] = field(default_factory=dict)
    """Server -> tools that answered an exploration without failing."""
    failures: dict[int, str] = field(default_factory=dict)
    verdicts: dict[int, dict[int, Verdict]] = field(default_factory=dict)
    tasks: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """Task id -> (server, tool) of its reference."""

    def apply(self, record: Any) -> None:
        """Fold one record; the same one again changes nothing."""
        match record:
            case ServerRecord():
                self.servers[record.server_id] = record
            case ToolRecord():
                self.tools.setdefault(record.server_id, {})[record.tool_id] = record
            case SubDag(lane=Lane.DRAWS):
                self.plans[record.counter] = frozenset(call.server_id for call in record.calls)
            case Exploration():
                self._explore(record)
            case Verdict(draws_lane=True):
                self.verdicts.setdefault(record.counter, {})[record.index] = record
            case VerifiedTask():
                calls = frozenset((call.server_id, call.tool) for call in record.task.reference)
                self.tasks.setdefault(record.task.task_id, calls)

    def _explore(self, record: Exploration) -> None:
        for call in record.calls:
            if not (call.is_error or call.looks_failed):
                self.answered.setdefault(call.server_id, set()).add(call.tool_id)
        if record.lane is not Lane.DRAWS:
            return
        # A dead draw may be repaired by a replay of its dead letter: what counts is its last record.
        self.failures.pop(record.counter, None)
        if record.outcome is not ExplorationOutcome.EXECUTED:
            self.failures[record.counter] = record.failure_code or str(record.outcome)

    def rows(self) -> list[dict[str, Any]]:
        """One row per server, those with most tasks first.

        Returns:
            `server`, `outcome` (`ready`, or the failure class), counts of `tools`, of tools that only read (`reading`),
            of tools that answered (`answered`), that stand in a reference (`in_tasks`), of `draws` whose plan calls it
            and `tasks` whose reference does, and `reasons`: code -> draws that gave no task.
        """
        used = Counter(server for calls in self.tasks.values() for server in {server for server, _ in calls})
        rows = [self._row(server_id, used[server_id]) for server_id in self.servers]
        return sorted(rows, key=lambda row: (-row["tasks"], -row["draws"], row["server"]))

    def _row(self, server_id: str, tasks: int) -> dict[str, Any]:
        record, tools = self.servers[server_id], self.tools.get(server_id, {})
        draws = [counter for counter, servers in self.plans.items() if server_id in servers]
        ready = record.outcome is CrawlOutcome.READY
        return {
            "server": server_id,
            "outcome": str(record.outcome) if ready else str(record.failure_class or "unknown"),
            "tools": len(tools),
            "reading": sum(tool.behaviour.effect is Effect.READ_ONLY for tool in tools.values()),
            "answered": len(self.answered.get(server_id, ())),
            "in_tasks": len({tool for calls in self.tasks.values() for server, tool in calls if server == server_id}),
            "draws": len(draws),
            "tasks": tasks,
            "reasons": dict(self._reasons(draws).most_common()),
        }

    def _reasons(self, draws: list[int]) -> Counter[str]:
        found: Counter[str] = Counter()
        for counter in draws:
            if counter in self.failures:
                found[self.failures[counter]] += 1
                continue
            judged = self.verdicts.get(counter, {}).values()
            if not any(verdict.kind is VerdictKind.VERIFIED for verdict in judged):
                found.update({verdict.reason for verdict in judged})
        return found


def yields_table(yields: Yields) -> Table:
    """Draw it for a person."""
    table = Table(title="servers", title_justify="left")
    table.add_column("server")
    for column in ("tools", "only read", "answered", "in tasks", "draws", "tasks"):
        table.add_column(column, justify="right")
    table.add_column("draws without a task, and why")
    for row in yields.rows():
        numbers = (row[name] for name in ("tools", "reading", "answered", "in_tasks", "draws", "tasks"))
        table.add_row(row["server"], *map(str, numbers), Text(_why(row)))
    return table


def _why(row: Mapping[str, Any]) -> str:
    if row["outcome"] != CrawlOutcome.READY:
        return f"not usable: {row['outcome']}"
    if not row["draws"]:
        return "no draw calls it: no question needs it, and no walk has come to it"
    reasons = [f"{reason} {count}" for reason, count in list(row["reasons"].items())[:SHOWN_REASONS]]
    return ", ".join(reasons)
