"""What a person sees of a run: one live table on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.running.board import Row
from cli.running.goal import Goal
from cli.running.metrics import Counts
from cli.running.progress import Progress
from cli.running.usage import Meter
from shared.model.catalogue import CrawlOutcome, ServerRecord

PLAIN_SECONDS = 5.0
MIB = 2**20


@dataclass(slots=True)
class View:
    """Shows progress; `say` lines stay above the table."""

    console: Console
    goal: Goal
    asked_servers: int
    started: float = field(default_factory=time.monotonic)
    _live: Live | None = None
    _last: float = 0.0
    _text: str = ""

    def open(self) -> None:
        """Begin the live table, on a terminal."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, transient=True)
            self._live.start()

    def close(self) -> None:
        """End the live table."""
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, line: str) -> None:
        """Print one line that stays."""
        self.console.print(Text(f"{self._clock()}  {line}"), soft_wrap=True)

    def show(self, progress: Progress, rows: list[Row], meter: Meter) -> None:
        """Show the present state."""
        if self._live:
            self._live.update(Group(self._table(rows, meter), Text(self._line(progress))), refresh=True)
            return
        now, text = time.monotonic(), self._line(progress)
        if now - self._last >= PLAIN_SECONDS and text != self._text:
            self._last, self._text = now, text
            self.say(text)

    def _line(self, progress: Progress) -> str:
        crawled = len(progress.servers)
        failed = len(progress.failed_servers)
        return (
            f"servers {crawled}/{self.asked_servers} ({failed} failed)  drawn {len(progress.drawn)}  "
            f"explored {len(progress.explored)}  {self.goal.text(progress)}"
        )

    def _table(self, rows: list[Row], meter: Meter) -> Table:
        table = Table(title=f"{self._clock()}", title_justify="left", expand=False)
        table.add_column("stage")
        for column in ("in", "out", "failed", "lag", "CPU s", "RSS MiB"):
            table.add_column(column, justify="right")
        table.add_column("state")
        for row in rows:
            table.add_row(row.name, *_numbers(row.counts), *_used(meter, row.name), row.state)
        for name in ("kafka", "valkey"):
            table.add_row(name, "", "", "", "", *_used(meter, name), "")
        return table

    def _clock(self) -> str:
        return f"{time.monotonic() - self.started:6.1f} s"


def server_line(say: Callable[[str], None], record: object) -> None:
    """Announce a server whose crawl has ended."""
    if not isinstance(record, ServerRecord):
        return
    if record.outcome is CrawlOutcome.READY:
        left_out = f", {len(record.defects)} left out" if record.defects else ""
        say(f"{record.server_id}: {len(record.tool_ids)} tools{left_out}")
    else:
        say(f"{record.server_id}: cannot be used ({record.failure_class}: {printable(record.failure_text)})")


def printable(text: str, limit: int = 200) -> str:
    """Make a stranger's text safe for a terminal."""
    return "".join(character if character.isprintable() else " " for character in text[:limit])


def usage_table(meter: Meter, wall_seconds: float, reached: Mapping[str, float] | None = None) -> Table:
    """CPU seconds and peak memory per stage; `reached` says after how many seconds there were how many tasks."""
    table = Table(title="where the time went")
    table.add_column("stage")
    table.add_column("CPU s", justify="right")
    table.add_column("peak RSS MiB", justify="right")
    for name, usage in meter.stages.items():
        table.add_row(name, f"{usage.cpu_seconds:.1f}", f"{usage.peak_rss_bytes / MIB:.0f}")
    table.add_row("all", f"{meter.cpu_seconds:.1f}", f"{meter.peak_rss_bytes / MIB:.0f}")
    by_time = sorted((reached or {}).items(), key=lambda item: item[1])
    marks = [f"{what} after {seconds:.1f} s" for what, seconds in by_time]
    table.caption = ", ".join([*marks, f"all after {wall_seconds:.1f} s"])
    return table


def _numbers(counts: Counts) -> tuple[str, str, str, str]:
    return f"{counts.events_in:.0f}", f"{counts.events_out:.0f}", f"{counts.failed:.0f}", f"{counts.lag:.0f}"


def _used(meter: Meter, name: str) -> tuple[str, str]:
    usage = meter.stages.get(name)
    return (f"{usage.cpu_seconds:.1f}", f"{usage.rss_bytes / MIB:.0f}") if usage else ("", "")
