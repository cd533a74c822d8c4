"""Logging set-up and every metric name.

A log line is a past-tense event plus fields; stage and ids are bound with `structlog.contextvars.bound_contextvars`.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

_STAGE = ("stage", "topic")

EVENTS_IN = Counter("firefly_events_in", "Events handed to a handler", _STAGE)
EVENTS_OUT = Counter("firefly_events_out", "Records written, dead letters left out", _STAGE)
EVENTS_FAILED = Counter("firefly_events_failed", "Handler attempts that raised, by error class", (*_STAGE, "error"))
EVENTS_DEAD = Counter("firefly_events_dead_lettered", "Events diverted to the dead-letter topic", (*_STAGE, "reason"))
EVENTS_SKIPPED = Counter("firefly_events_skipped", "Undecodable records that a reader passed over", ("topic",))
HANDLER_SECONDS = Histogram(
    "firefly_handler_seconds",
    "Seconds of one handler attempt",
    _STAGE,
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600),
)
IN_FLIGHT = Gauge("firefly_in_flight_events", "Events fetched and not yet committed", _STAGE)
LAG = Gauge("firefly_lag_records", "Records between the committed position and the end", (*_STAGE, "partition"))
COMMIT_AGE = Gauge("firefly_commit_age_seconds", "Seconds since the last commit while work is waiting for one", _STAGE)
TRANSACTIONS = Counter("firefly_transactions", "Transactions by outcome", ("stage", "outcome"))
REBALANCES = Counter("firefly_rebalances", "Partition assignments received", ("stage",))
WAITING = Gauge("firefly_waiting_events", "Events waiting for a dependency that is away, or for a budget", _STAGE)
RESTARTS = Counter("firefly_restarts", "Times that a supervisor started this service again")
RPC_SECONDS = Histogram("firefly_rpc_seconds", "Seconds of one gRPC call", ("method", "code"))


IN_HAND: ContextVar[tuple[str, str, int, int, bytes] | None] = ContextVar("in_hand", default=None)
"""Stage, topic, partition, offset and key of the event that a task works on; every line logged meanwhile names them."""
REPEAT_SECONDS = 5.0


def name_event(logger: Any, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Name the event in hand; a processor, because binding names costs as much for events that nothing is said of."""
    if (event := IN_HAND.get()) is None:
        return line
    *where, key = event
    named = dict(zip(("stage", "topic", "partition", "offset"), where, strict=True))
    return {**named, "key": key.decode("utf-8", "replace"), **line}


class Repeats(logging.Filter):
    """Passes a library's message once in five seconds: while Kafka is away its clients say so 20 times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Compare messages before their arguments are filled in."""
        key = (record.name, str(record.msg))
        is_new = record.created - self._said.get(key, float("-inf")) >= REPEAT_SECONDS
        if is_new:
            self._said[key] = record.created
        return is_new


def set_up_logging(level: str, form: str, service: str) -> None:
    """Send structlog and the standard library's loggers to stdout in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_event,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    number = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.addFilter(Repeats())
    # Libraries stay at warnings whatever our level: at debug, Kafka clients log every request.
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
