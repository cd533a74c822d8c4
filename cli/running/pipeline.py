"""The services of a run on their way to the goal: what is started, asked, watched, shown and stopped."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from cli.running import requests
from cli.running.feed import Feed
from cli.running.goal import Goal, Phase, RunFailed, require_servers
from cli.running.observing import Observer
from cli.running.parameters import RunParameters
from cli.running.progress import Progress
from cli.running.requests import CrawlPlan
from cli.running.stack import Stack
from cli.running.supervisor import Supervisor
from cli.running.usage import Meter
from cli.running.view import View, server_line
from shared.model.errors import Unavailable
from shared.runtime.streaming.admin import create_topics

TICK_SECONDS = 0.2
REVIVALS = 5
ENDED_SECONDS = 5.0
SHOW_SECONDS = 2.0
"""Every look asks each service for its metrics and each process for its use: CPU that the run itself needs."""
REMIND_SECONDS = 120.0
STALL_SECONDS = 900.0
SPENT_SECONDS = 30.0
"""Quiet after the budget was spent: by then what was in hand is finished."""
WORLDS_SECONDS = 20.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A person or the system asked the run to end."""


class Pipeline:
    """The services of a run and their goal; made when Kafka and Valkey run."""

    def __init__(
        self,
        parameters: RunParameters,
        crawl: CrawlPlan,
        supervisor: Supervisor,
        stack: Stack,
        view: View,
        board: Path,
    ) -> None:
        self.parameters, self.crawl = parameters, crawl
        self.supervisor, self.stack, self.view = supervisor, stack, view
        self.goal = view.goal
        self.progress = Progress()
        self._observer = Observer(supervisor, stack, board)
        self._task: asyncio.Task[None] | None = None
        self._interrupted = False
        self._draining = self._is_spent = False
        self.reached: dict[str, float] = {}
        """How many tasks of which kind -> seconds from the start until there were as many: the first, and the goal."""

    @property
    def meter(self) -> Meter:
        """What the processes use."""
        return self._observer.meter

    async def go(self, after: Callable[[], Awaitable[None]]) -> None:
        """Run to the goal, then call `after` while everything still serves, then stop all services.

        Raises:
            RunFailed: a service cannot be kept running, or the goal cannot be reached.
            Interrupted: a signal came.
            Unavailable: Kafka does not answer.
        """
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        for number in ENDING:
            loop.add_signal_handler(number, self._interrupt)
        try:
            await self._to_the_goal(after)
        except asyncio.CancelledError:
            raise Interrupted from None

    async def _to_the_goal(self, after: Callable[[], Awaitable[None]]) -> None:
        bootstrap = self.stack.kafka.bootstrap
        await self._reviving(lambda: create_topics(bootstrap))
        feed = Feed(bootstrap, self.progress)
        async with feed.following():
            await self._reviving(feed.catch_up)
            # From here on only: what an earlier start announced is not said again.
            feed.on_record = lambda record: server_line(self.view.say, record)
            await self._reviving(lambda: requests.publish(bootstrap, self.crawl, only_worlds=True))
            try:
                await self._work(feed)
                await self._reviving(feed.catch_up)
                # Everything committed is folded by now: `after` counts, exports and plays it.
                await after()
            finally:
                self.view.close()
                self.view.say("stopping the services")
                await self.supervisor.stop()

    async def _work(self, feed: Feed) -> None:
        if self._is_done():
            return
        self.supervisor.start(self._first_services())
        self.view.open()
        await self._ask_for_servers()
        shown = reminded = 0.0
        while not self._is_done():
            self.stack.revive()
            self.supervisor.tick()
            require_servers(self.progress, len(self.crawl.worlds_by_server))
            now = time.monotonic()
            self._note_reached(now)
            if now - shown >= SHOW_SECONDS:
                shown = now
                await self._show()
            self._watch_budget(now - feed.changed)
            reminded = self._watch_for_stall(now - feed.changed, now, reminded)
            if self.goal.phase(self.progress, self._draining) is Phase.DRAIN and not self._draining:
                await self._stop_drawing(feed)
            await asyncio.sleep(TICK_SECONDS)
        await self._show()

    async def _ask_for_servers(self) -> None:
        """Once the worlds were looked at: they take a second, and would wait behind servers that take a minute."""
        deadline = time.monotonic() + WORLDS_SECONDS
        while not self.progress.worlds.issuperset(self.crawl.worlds) and time.monotonic() < deadline:
            self.stack.revive()
            self.supervisor.tick()
            await asyncio.sleep(TICK_SECONDS)
        await self._reviving(lambda: requests.publish(self.stack.kafka.bootstrap, self.crawl))

    async def _reviving(self, step: Callable[[], Awaitable[object]]) -> None:
        """Take a step that may be taken twice; where Kafka died under it, start Kafka and take it again.

        Raises:
            Unavailable: Kafka lives and does not answer, or dies again and again.
        """
        for left in reversed(range(REVIVALS)):
            restarts = self.stack.restarts
            try:
                await step()
            except Unavailable:
                if not left or not await self._has_revived(restarts):
                    raise
            else:
                return

    async def _has_revived(self, restarts: int) -> bool:
        # A killed process refuses connections a moment before the system says that it has ended.
        deadline = time.monotonic() + ENDED_SECONDS
        while self.stack.restarts == restarts and time.monotonic() < deadline:
            self.stack.revive()
            await asyncio.sleep(TICK_SECONDS)
        return self.stack.restarts != restarts

    def _first_services(self) -> list[str]:
        enough = self.goal.phase(self.progress, self._draining) is not Phase.RUN
        return [name for name, service in self.supervisor.services.items() if not (enough and service.spec.draws)]

    def _is_done(self) -> bool:
        return self.goal.phase(self.progress, self._draining) is Phase.DONE

    async def _stop_drawing(self, feed: Feed) -> None:
        """Take the sampler away, then learn what it drew to the last."""
        self.view.say(f"{self.goal.text(self.progress)}: finishing what is drawn")
        self._draining = True
        drawing = [name for name, service in self.supervisor.services.items() if service.spec.draws]
        await self.supervisor.stop(drawing)
        await self._reviving(feed.catch_up)

    def _watch_budget(self, quiet_seconds: float) -> None:
        """Say once that it is spent; a run with a goal ends when what was in hand is finished."""
        excess = self.parameters.limits.excess(self.progress.costs.account.total)
        if excess and not self._is_spent:
            self.view.say(f"{excess}; what is in hand is finished")
        self._is_spent = bool(excess)
        if excess and self.goal != Goal() and quiet_seconds > SPENT_SECONDS:
            raise RunFailed(f"{excess}; {self.goal.text(self.progress)}")

    def _note_reached(self, now: float) -> None:
        for kind, found in (("verified", self.progress.verified), ("distinct", self.progress.exportable)):
            for count in {1, self.goal.until or 1}:
                if found >= count:
                    self.reached.setdefault(f"{count} {kind}", now - self.view.started)

    def _watch_for_stall(self, quiet_seconds: float, now: float, reminded: float) -> float:
        if quiet_seconds > STALL_SECONDS and self.goal != Goal():
            raise RunFailed(f"nothing has moved for {quiet_seconds:.0f} s: {self._waiting_for()}; see the logs folder")
        if quiet_seconds > REMIND_SECONDS and now - reminded > REMIND_SECONDS:
            self.view.say(f"nothing has moved for {quiet_seconds:.0f} s: {self._waiting_for()}; see the logs folder")
            return now
        return reminded

    def _waiting_for(self) -> str:
        if self._is_spent:
            return "the budget is spent"
        missing = sorted(set(self.crawl.worlds_by_server) - set(self.progress.servers))
        if missing:
            return f"still crawling {', '.join(missing)}"
        counters = self.progress.unfinished()
        if counters:
            return f"{len(counters)} draws are unfinished, the first has counter {counters[0]}"
        return "no draw comes"

    async def _show(self) -> None:
        self.view.show(self.progress, await self._observer.look(), self.meter)

    def _interrupt(self) -> None:
        """End in order; asked twice, at once."""
        if self._interrupted:
            self.supervisor.kill()
        elif self._task is not None:
            self._interrupted = True
            self._task.cancel()
