"""One screen for an operator: what is slow, what fails, what it costs. Pure, but for the table."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.running.board import Board
from shared.runtime.spending import Spent

STALE_SECONDS = 15.0
SHOWN_REASONS = 3
COLUMNS = ("in", "out", "failed", "dead", "lag", "in hand", "p50 s", "p95 s", "restarts", "calls", "spent s")


def stage_table(board: Board, spent: Mapping[str, Spent], is_running: bool) -> Table:
    """One row per stage; the one with most work waiting is marked."""
    table = Table(title=_title(board, is_running), title_justify="left")
    table.add_column("stage", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("state, and what fails", overflow="fold")
    for one in board.stages:
        is_slowest = is_running and one["name"] == board.slowest
        name = Text(f"{one['name']}{' *' if is_slowest else ''}", style="bold yellow" if is_slowest else "")
        table.add_row(name, *_numbers(one), *_costs(spent.get(one["name"])), Text(_said(one, is_running)))
    return table


def slow_line(board: Board) -> str:
    """Name the stage with most work waiting, empty when none is slow."""
    found = next((one for one in board.stages if one["name"] == board.slowest), None)
    if found is None:
        return ""
    return (
        f"* slowest: {found['name']}, {found['lag']} records behind, "
        f"{found['backlog_seconds']:.0f} s of work for one handler"
    )


def _title(board: Board, is_running: bool) -> str:
    if board.age_seconds is None:
        return "stages: nothing was seen of them yet"
    if not is_running:
        return "stages, when the run ended"
    return "stages since this start" if board.age_seconds < STALE_SECONDS else f"stages, {board.age_seconds:.0f} s ago"


def _numbers(one: Mapping[str, Any]) -> list[str]:
    counts = [str(one[name]) for name in ("in", "out", "failed", "dead_lettered", "lag", "in_flight")]
    return [*counts, *(_seconds(one[name]) for name in ("p50", "p95")), str(one["restarts"])]


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"


def _costs(spent: Spent | None) -> tuple[str, str]:
    return (str(spent.calls), f"{spent.seconds:.1f}") if spent else ("", "")


def _said(one: Mapping[str, Any], is_running: bool) -> str:
    top = sorted(one["reasons"].items(), key=lambda item: (-item[1], item[0]))[:SHOWN_REASONS]
    fails = ", ".join(f"{reason} {count}" for reason, count in top)
    state = [one["state"], one["waits"]] if is_running else []
    return "; ".join(part for part in (*state, fails) if part)
