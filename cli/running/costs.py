"""What a run costs: the ledger folded by stage, and shared out to what became of the drafts. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.model.tasks import LedgerEntry, Verdict
from shared.runtime.spending import Account, Limits, Spent


@dataclass(slots=True)
class Costs:
    """Sums of ledger rows; each row counts once."""

    account: Account = field(default_factory=Account)
    stages: dict[str, Spent] = field(default_factory=dict)
    _subjects: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    """By exploration, draft or server."""

    def add(self, entry: LedgerEntry) -> None:
        """Count one row."""
        if self.account.add(entry):
            self.stages[entry.stage] = self.stages.get(entry.stage, Spent()) + Spent.of(entry)
            self._subjects[entry.subject] += Spent.of(entry)

    def by_verdict(self, verdicts: Iterable[Verdict]) -> dict[str, tuple[int, Spent]]:
        """Share what each exploration cost equally among its drafts: verdict kind -> (drafts, what they cost)."""
        sums: dict[str, tuple[int, Spent]] = {}
        for verdict in verdicts:
            count, before = sums.get(str(verdict.kind), (0, Spent()))
            explored = self._subjects.get(verdict.exploration_id, Spent()).share(max(verdict.of, 1))
            own = self._subjects.get(verdict.draft_id, Spent())
            sums[str(verdict.kind)] = (count + 1, before + explored + own)
        return sums


def as_json(costs: Costs, verdicts: Iterable[Verdict], limits: Limits) -> dict[str, Any]:
    """For a script."""
    budget = {name: str(getattr(limits, name)) for name in ("calls", "tokens", "money") if getattr(limits, name)}
    return {
        "total": spent_json(costs.account.total),
        "stages": {name: spent_json(spent) for name, spent in sorted(costs.stages.items())},
        "per_draft": {
            kind: {"drafts": count, "each": spent_json(spent.share(count))}
            for kind, (count, spent) in sorted(costs.by_verdict(verdicts).items())
        },
        "budget": {"limits": budget, "spent": limits.excess(costs.account.total)},
    }


def spent_json(spent: Spent) -> dict[str, Any]:
    """One sum; money is an exact decimal."""
    return {
        "calls": spent.calls,
        "seconds": round(spent.seconds, 3),
        "tokens": spent.tokens,
        "money": f"{spent.money:f}",
        "cached": spent.cached,
    }


def lines(costs: Costs, verdicts: Iterable[Verdict], limits: Limits) -> list[str]:
    """For a person: the sum with its budget, then what one draft of each kind cost."""
    sums = costs.by_verdict(verdicts)
    each = [f"{_NAMES.get(kind, kind)} {_text(spent.share(count))}" for kind, (count, spent) in sorted(sums.items())]
    said = [f"costs: {_text(costs.account.total, limits)}"]
    if each:
        said.append(f"  each {'; '.join(sorted(each, key=lambda text: not text.startswith('verified')))}")
    if excess := limits.excess(costs.account.total):
        said.append(f"paused: {excess}")
    return said


_NAMES = {"verified": "verified task", "nothing": "draw without a draft"}


def _text(spent: Spent, limits: Limits | None = None) -> str:
    limits = limits or Limits()
    parts = [_part(spent.calls, limits.calls, "calls"), f"{spent.seconds:.1f} s"]
    if spent.tokens or limits.tokens:
        parts.append(_part(spent.tokens, limits.tokens, "tokens"))
    if spent.money or limits.money:
        parts.append(_part(f"{spent.money:f}", limits.money, "money"))
    if spent.cached:
        parts.append(f"{spent.cached} answers from the cache")
    return ", ".join(parts)


def _part(used: object, limit: object, name: str) -> str:
    return f"{used} of {limit} {name}" if limit else f"{used} {name}"
