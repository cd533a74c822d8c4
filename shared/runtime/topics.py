"""The data flow as one table; manifests, ARCHITECTURE and tests are held equal to it."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.calls import Recording
from shared.model.catalogue import CrawlRequest, DriftEvent, ServerRecord, ToolRecord, WorldRecord
from shared.model.explorations import Exploration
from shared.model.graphs import GraphCut, ToolNode
from shared.model.sub_dags import EpochOpened, ExplorationRequest, SubDag
from shared.model.tasks import DraftTask, LedgerEntry, TaskStatus, Verdict, VerifiedTask

# A dead letter carries its record whole, and why: its limit has to lie above every record's.
RECORD_BYTES = 4 * 1024 * 1024
DEAD_LETTER_BYTES = 5 * 1024 * 1024
RESULT_BYTES = 256 * 1024
"""A canonical result over this is recorded as `too_large`: digest and length, never cited."""
DAY_MS = 24 * 3600 * 1000


class Cleanup(StrEnum):
    """Kafka's `cleanup.policy`."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """One row: who writes what for whom, under which key."""

    name: str
    records: tuple[type, ...]
    """Model records; more than one travel in a union message."""
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    key: str
    cleanup: Cleanup = Cleanup.DELETE
    partitions: int = 4
    """On a laptop; a cluster's manifests scale it, co-partitioned topics together."""
    retention_ms: int = 7 * DAY_MS
    """-1: for ever."""
    max_bytes: int = RECORD_BYTES
    same_partitions_as: str = ""
    """Output partition = input partition (the publish gate)."""
    dead_letters: bool = True
    """Whether `<name>-dlq` exists."""

    @property
    def dlq(self) -> str:
        """Name of its dead-letter topic."""
        return f"{self.name}-dlq"


KEPT = -1

TOPICS: tuple[Topic, ...] = (
    Topic("crawl-requests", (CrawlRequest,), ("cli", "crawler"), ("crawler",), "server id"),
    Topic(
        "tool-catalogue",
        (ServerRecord, ToolRecord, WorldRecord),
        ("crawler",),
        ("graph", "sampler", "explorer", "synthesizer", "verifier", "simulator", "cli"),
        "`server/<id>`, `tool/<id>` or `world/<digest>`",
        Cleanup.COMPACT,
        partitions=1,
        retention_ms=KEPT,
    ),
    Topic(
        "tool-graph",
        (ToolNode, GraphCut),
        ("graph",),
        ("sampler",),
        "version + source tool id; `cut/<version>` closes a version",
        Cleanup.COMPACT,
        # One partition: the record that closes a version has to come after the version's nodes.
        partitions=1,
        retention_ms=KEPT,
    ),
    Topic(
        "sub-dags",
        (SubDag, EpochOpened),
        ("sampler",),
        ("explorer", "graph", "cli"),
        "sub-DAG id; `epoch/<n>`",
        # For ever: after a restart the sampler folds all draws again (decision 0005).
        retention_ms=KEPT,
    ),
    Topic(
        "explorations",
        (Exploration,),
        ("explorer",),
        ("synthesizer", "graph", "sampler", "cli"),
        "sub-DAG id",
        retention_ms=KEPT,
    ),
    Topic(
        "recordings",
        (Recording,),
        ("explorer", "crawler", "simulator"),
        ("simulator", "cli"),
        "recording id",
        Cleanup.COMPACT,
        retention_ms=KEPT,
    ),
    Topic("draft-tasks", (DraftTask,), ("synthesizer",), ("verifier",), "draft id (the task id)", retention_ms=KEPT),
    Topic("verdicts", (Verdict,), ("verifier",), ("cli",), "draft id", retention_ms=KEPT),
    Topic(
        "verified-tasks",
        (VerifiedTask,),
        ("verifier",),
        ("simulator", "cli"),
        "task id",
        retention_ms=KEPT,
        same_partitions_as="draft-tasks",
    ),
    Topic(
        "task-status",
        (TaskStatus,),
        ("verifier", "cli"),
        ("simulator", "cli"),
        "task id",
        Cleanup.COMPACT,
        retention_ms=KEPT,
    ),
    Topic("drift-events", (DriftEvent,), ("crawler",), ("graph", "verifier", "simulator"), "tool id"),
    Topic("exploration-requests", (ExplorationRequest,), ("simulator", "graph"), ("sampler",), "tool id"),
    Topic(
        "ledger",
        (LedgerEntry,),
        ("explorer", "synthesizer", "verifier", "crawler"),
        ("cli",),
        "stage",
        dead_letters=False,
    ),
)

BY_NAME = {topic.name: topic for topic in TOPICS}
