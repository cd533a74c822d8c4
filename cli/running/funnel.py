"""The funnel: what became of servers and draws, and why. Pure, but for the table."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.running.progress import Progress
from shared.model.explorations import ExplorationOutcome
from shared.model.tasks import VerdictKind

SHOWN_REASONS = 8


def funnel(progress: Progress) -> dict[str, Any]:
    """Count everything, for a script."""
    outcomes = Counter(str(outcome) for outcome in progress.explored.values())
    verified = sum(progress.shapes.values())
    return {
        "servers": {"ready": progress.ready_servers, "failed": progress.failed_servers, "tools": len(progress.tools)},
        "graph_version": progress.graph_version,
        "draws": {"drawn": len(progress.drawn), "requested": progress.requested, "total": progress.total},
        "explorations": {
            **{str(outcome): outcomes.get(str(outcome), 0) for outcome in ExplorationOutcome},
            "failures": dict(progress.exploration_failures.most_common()),
        },
        "verdicts": {
            **{str(kind): progress.kinds.get(str(kind), 0) for kind in VerdictKind},
            "reasons": {f"{kind}/{reason}": count for (kind, reason), count in progress.reasons.most_common()},
        },
        "tasks": {
            "verified": progress.verified,
            "published_twice": sorted(key for key, times in progress.published.items() if times > 1),
            "shapes": len(progress.shapes),
            "largest_shape_share": round(max(progress.shapes.values(), default=0) / verified, 3) if verified else 0.0,
        },
    }


def funnel_table(progress: Progress) -> Table:
    """Draw it for a person: one row per stage, the most frequent reasons beside it."""
    counts = funnel(progress)
    servers, explorations, verdicts, tasks = (counts[name] for name in ("servers", "explorations", "verdicts", "tasks"))
    table = Table(title="funnel", title_justify="left")
    table.add_column("stage")
    table.add_column("count", justify="right")
    table.add_column("what became of them, and why")
    failed = Counter(servers["failed"].values())
    found = len(progress.servers)
    _row(table, "servers", found, {"ready": servers["ready"], "tools": servers["tools"]}, failed)
    _row(table, "draws", len(progress.drawn), {"on request": progress.requested}, {})
    outcomes = {str(kind): explorations[str(kind)] for kind in ExplorationOutcome}
    _row(table, "explorations", sum(outcomes.values()), outcomes, explorations["failures"])
    kinds = {str(kind): verdicts[str(kind)] for kind in VerdictKind}
    _row(table, "drafts judged", sum(kinds.values()), kinds, verdicts["reasons"])
    share = f"{tasks['largest_shape_share']:.0%} the largest"
    table.add_row(
        "tasks verified", str(tasks["verified"]), f"{tasks['shapes']} shapes, {share}" if tasks["shapes"] else ""
    )
    return table


def _row(table: Table, name: str, count: int, parts: Mapping[str, int], reasons: Mapping[str, int]) -> None:
    said = [f"{part} {many}" for part, many in parts.items() if many]
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    why = [f"{reason} {many}" for reason, many in ordered[:SHOWN_REASONS]]
    if len(ordered) > SHOWN_REASONS:
        why.append(f"{len(ordered) - SHOWN_REASONS} more reasons")
    text = ", ".join(said) + (f" ({', '.join(why)})" if why else "")
    table.add_row(name, str(count), Text(text))
