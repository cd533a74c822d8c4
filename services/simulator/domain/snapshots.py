"""What a snapshot is called: a digest over its sorted content, whatever machine or order made it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from services.simulator.domain.spelling import SpellingRule
from shared.model.calls import Recording
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.errors import BadInput
from shared.model.tasks import VerifiedTask
from shared.proof.canonical import sha256_text

FORMAT = 2
DATABASE = "snapshot.sqlite"
DIGESTS = "snapshot.digests"
MANIFEST = "manifest.json"
WORLDS = "worlds"
RUNTIME = "runtime"
_TIMES = ("observed_at",)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a snapshot holds but its worlds' files, which their digests stand for."""

    tasks: tuple[VerifiedTask, ...]
    recordings: tuple[Recording, ...]
    servers: tuple[ServerRecord, ...]
    tools: tuple[ToolRecord, ...]
    world_digests: tuple[str, ...]
    spellings: tuple[SpellingRule, ...] = ()
    """Rules that were proven on these recordings' servers."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a snapshot's database."""

    snapshot_id: str
    database_sha256: str
    database_bytes: int
    digests_sha256: str
    """Of the file that digests the database in runs of rows."""
    tasks: int
    recordings: int
    tools: int
    servers: int
    worlds: Mapping[str, Mapping[str, str]]
    """World digest -> file path -> sha256."""
    version: str
    """Of the program that made it."""
    runtime: Mapping[str, str] = field(default_factory=dict)
    """File -> sha256 of what it needs to run live; the server digests, which the id covers, stand for it there."""
    spellings: int = 0
    """Rules by which calls are found in other spellings."""
    format: int = FORMAT


def snapshot_id(content: Content) -> str:
    """Name a snapshot by its content; observation times are outside."""
    total = hashlib.sha256()
    for kind, rows in (
        ("task", content.tasks),
        ("recording", content.recordings),
        ("server", content.servers),
        ("tool", content.tools),
        ("spelling", content.spellings),
    ):
        # Sorted digests: neither the order of partitions nor that of a database shows in the name.
        for line in sorted(_digest(row) for row in rows):
            total.update(f"{kind} {line}\n".encode())
    for world in sorted(content.world_digests):
        total.update(f"world {world}\n".encode())
    return f"snap_{total.hexdigest()[:32]}"


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest."""
    return json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"


def read_manifest(text: str, place: str) -> Manifest:
    """Read a manifest.

    Raises:
        BadInput: it is not one, or of a format this version does not read.
    """
    try:
        value: dict[str, Any] = json.loads(text)
        manifest = Manifest(**value)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{place} is no snapshot manifest ({error}): make the snapshot again") from error
    if manifest.format != FORMAT:
        raise BadInput(f"{place} has format {manifest.format}, this version reads {FORMAT}: make the snapshot again")
    return manifest


def _digest(row: Any) -> str:
    value = {name: item for name, item in asdict(row).items() if name not in _TIMES}
    return sha256_text(json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")))
