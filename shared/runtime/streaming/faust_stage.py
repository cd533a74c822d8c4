"""The Faust shell: fast stages whose state the service rebuilds itself; at-least-once, one event at a time.

Handlers run as in the worker (`attempts`), so nothing they raise passes the shell: an event that Faust sees an
exception from is acknowledged and lost. Outputs are acknowledged by Kafka before the event is by us.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import faust
import structlog

from shared.model.errors import Unavailable
from shared.runtime import telemetry
from shared.runtime.health import Report
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.attempts import Attempts
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.faust_consumer import SafeTransport, require_tested_version
from shared.runtime.streaming.headers import Headers
from shared.runtime.streaming.messages import Message, Outgoing, encode
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.uncommitted import Uncommitted
from shared.runtime.streaming.unfinished import Unfinished

RETRY_SECONDS = 0.5
WATCH_SECONDS = 0.2
NEVER_SECONDS = 864_000.0
"""Faust stops polling while its buffers are full; past this interval aiokafka would leave the group for good."""

TICK = "tick"
"""Stands for the topic where outputs come from no event."""

Source = Callable[[], Awaitable[Sequence[Output]]]
logger = structlog.get_logger()


class FaustStage:
    """One agent over all topics read; outputs are acknowledged before the event is."""

    def __init__(
        self,
        settings: ServiceSettings,
        stage: Stage,
        *,
        restore: Source | None = None,
        tick: Source | None = None,
        tick_seconds: float = 1.0,
    ) -> None:
        """`restore` runs before the first event, `tick` every `tick_seconds`; what they return is sent.

        Handler, restore and tick never run at the same time.
        """
        # Delivery is corrected through private names of Faust; another version may silently have others.
        require_tested_version()
        self.name = stage.name
        self._settings, self._stage = settings, stage
        self._restore, self._tick, self._tick_seconds = restore, tick, tick_seconds
        self._attempts = Attempts(settings, stage)
        self._publisher = Publisher(settings.kafka_bootstrap, stage.name)
        self._parent: Headers = ()
        """Headers of the last event: what ticks bring goes on with its trace."""
        self._uncommitted = Uncommitted()
        self._turn = asyncio.Lock()
        self._app: Any = None
        self._failure: asyncio.Future[None] | None = None
        self._waiting_for = "start"

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then drain.

        Raises:
            StageFailed: too many dead letters; exit.
        """
        self._failure = asyncio.get_running_loop().create_future()
        if not await self._connected(stopping):
            return
        try:
            if self._restore and not await self._sent(self._restore, stopping):
                return
            await self._run_app(stopping)
        finally:
            await self._publisher.__aexit__()
            if self._failure.done() and not self._failure.cancelled():
                self._failure.exception()

    def liveness(self) -> Report:
        """Polled Kafka lately."""
        if self._waiting_for:
            return Report(True, f"waiting for {self._waiting_for}")
        now, waiting = time.monotonic(), self._attempts.waiting()
        age = now - self._app.consumer.polled_at
        oldest = max((self._uncommitted.age(tp, now) for tp in self._app.consumer.assignment()), default=0.0)
        stuck = min(oldest, self._attempts.seconds_since_wait())
        text = f"last poll {age:.1f} s ago" + (f"; {waiting}" if waiting else "")
        if stuck > self._settings.progress_bound_seconds:
            return Report(False, f"{text}; nothing was finished for {stuck:.0f} s")
        # Faust polls no more while its buffers are full: what is in hand, or ticks, is what takes so long.
        return Report(bool(waiting) or self._turn.locked() or age < self._settings.poll_bound_seconds, text)

    def readiness(self) -> Report:
        """State is restored, partitions are assigned."""
        if self._waiting_for:
            return Report(False, f"waiting for {self._waiting_for}")
        consumer = self._app.consumer
        is_ready = bool(consumer.assignment()) and consumer.flow_active and not self._app.rebalancing
        return Report(is_ready, "partitions assigned" if is_ready else "no partitions yet")

    async def _connected(self, stopping: asyncio.Event) -> bool:
        self._waiting_for = "Kafka"
        while not stopping.is_set():
            try:
                await self._publisher.__aenter__()
            except Unavailable as error:
                logger.warning("kafka_unavailable", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return True
        return False

    async def _sent(self, source: Source, stopping: asyncio.Event) -> bool:
        """Run a source and send what it returns, waiting out what is away."""
        self._waiting_for = "restored state"
        while not stopping.is_set():
            try:
                await self._publisher.publish(await source())
            except Unavailable as error:
                logger.warning("dependency_unavailable", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return True
        return False

    async def _run_app(self, stopping: asyncio.Event) -> None:
        self._app = build_app(self._settings, self._stage, self._work)
        self._app.on_partitions_assigned.connect(self._count_rebalance, weak=False)
        self._waiting_for = "the consumer group"
        await self._app.start()
        self._waiting_for = ""
        ticking = asyncio.create_task(self._tick_until(stopping))
        ticking.add_done_callback(self._ticked)
        try:
            await self._watch(stopping)
            # Hold the turn from here on: the event in hand is finished, the next one is not begun.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._turn.acquire(), self._settings.drain_seconds)
            await asyncio.sleep(0)
        finally:
            ticking.cancel()
            self._app.consumer.close_account()
            await self._app.stop()

    async def _watch(self, stopping: asyncio.Event) -> None:
        assert self._failure is not None  # set by `run`
        while not stopping.is_set():
            if self._failure.done():
                self._failure.result()
            if self._app.crashed:
                raise self._app.crash_reason or RuntimeError("Faust crashed")
            self._measure()
            await asyncio.wait({self._failure}, timeout=WATCH_SECONDS)

    def _measure(self) -> None:
        consumer, now = self._app.consumer, time.monotonic()
        assigned = set(consumer.assignment())
        self._uncommitted.keep(assigned)
        for tp in assigned:
            end, at = consumer.highwater(tp), consumer._committed_offset[tp]
            if at is not None:
                self._uncommitted.commit(tp, at, now)
            if end is not None:
                telemetry.LAG.labels(self.name, tp.topic, str(tp.partition)).set(max(0, end - (at or 0)))
        for topic in self._stage.reads:
            mine = [tp for tp in assigned if tp.topic == topic]
            telemetry.IN_FLIGHT.labels(self.name, topic).set(sum(map(self._uncommitted.pending, mine)))
            age = max((self._uncommitted.age(tp, now) for tp in mine), default=0.0)
            telemetry.COMMIT_AGE.labels(self.name, topic).set(age)

    async def _count_rebalance(self, *_: Any, **__: Any) -> None:
        telemetry.REBALANCES.labels(self.name).inc()

    async def _work(self, stream: Any) -> None:
        unfinished = Unfinished(self._fail)
        async for event in stream.events():
            async with self._turn, unfinished:
                message = message_of(event.message)
                self._uncommitted.begin(event.message.tp, message.offset, time.monotonic())
                outcome = await self._attempts.outcome(message)
                await self._write(outcome.outgoing)
                self._parent = message.headers

    async def _write(self, outgoing: Sequence[Outgoing]) -> None:
        while outgoing:
            try:
                await self._publisher.write(outgoing)
            except Unavailable as error:
                logger.warning("kafka_unavailable", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _tick_until(self, stopping: asyncio.Event) -> None:
        while self._tick and not stopping.is_set():
            await asyncio.sleep(self._tick_seconds)
            try:
                async with self._turn:
                    outputs = await self._tick()
                    await self._write(encode(outputs, self.name, dict(self._parent)))
                telemetry.EVENTS_OUT.labels(self.name, TICK).inc(len(outputs))
            except Unavailable as error:
                logger.warning("dependency_unavailable", error=str(error))

    def _ticked(self, task: asyncio.Task[None]) -> None:
        # Nobody awaits the ticks: a failure must end the process, not vanish with the task.
        if not task.cancelled() and (error := task.exception()):
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure and not self._failure.done():
            self._failure.set_exception(error)


def build_app(settings: ServiceSettings, stage: Stage, work: Callable[[Any], Awaitable[None]]) -> Any:
    """Make a Faust app with one agent; nothing connects before it starts."""
    brokers = ";".join(f"kafka://{one.strip()}" for one in settings.kafka_bootstrap.split(","))
    app = faust.App(
        stage.group,
        broker=brokers,
        # No tables: Faust's start-up recovery loses source records (86 to 375 of 30,000 over 6 restarts, measured).
        # Stages rebuild their state from topics themselves.
        store="memory://",
        datadir=_folder(settings),
        autodiscover=False,
        web_enabled=False,
        # Declaring a topic while the controller is down kills a Faust worker.
        topic_allow_declare=False,
        # The leader topic is for timers that run on one worker only; there are none.
        topic_disable_leader=True,
        broker_max_poll_interval=NEVER_SECONDS,
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=min(3.0, settings.session_timeout_seconds / 4),
        broker_rebalance_timeout=60.0,
        # Stock: 2.8 s, and what was handled but not committed is handled again after a crash.
        broker_commit_interval=1.0,
        broker_request_timeout=90.0,
        # Stock: 20 minutes, in which a send to a broker that is gone looks like work.
        producer_request_timeout=60.0,
        consumer_group_instance_id=settings.instance_id or None,
        consumer_max_fetch_size=16 * 1024 * 1024,
        # Stock: 4096 records, all of them read again after a rebalance.
        stream_buffer_maxsize=64,
        # We drain ourselves: Faust would wait for events that wait for a dependency.
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        table_standby_replicas=0,
        logging_config=None,
    )
    # After the app is made: its settings accept a URL, and only a transport object brings our consumer.
    app.transport = SafeTransport(app.conf.broker_consumer, app, loop=app.loop)
    topic = app.topic(*stage.reads, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw")
    app.agent(topic, name=f"{stage.name}-agent", concurrency=1)(work)
    return app


def _folder(settings: ServiceSettings) -> str:
    folder = settings.data_dir / "run" / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def message_of(faust_message: Any) -> Message:
    """Take what we use from Faust's message."""
    headers = faust_message.headers or {}
    pairs = headers.items() if hasattr(headers, "items") else headers
    return Message(
        faust_message.topic,
        faust_message.partition,
        faust_message.offset,
        faust_message.key or b"",
        faust_message.value,
        tuple((name, bytes(value)) for name, value in pairs),
        int(faust_message.timestamp * 1000),
    )
