"""Cost of a snapshot as it grows: `python benchmarks/snapshot_growth.py [--largest 1000000]`.

Opening is compared with hashing the whole database, a look-up with the look-up among 1,000 recordings, memory with the
bytes on disk. Each size is measured in a process of its own.
"""

import argparse
import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import results
from services.simulator.adapters import library_tables
from services.simulator.adapters.digest_tree import write_digests
from services.simulator.adapters.snapshot_file import file_sha256, open_snapshot
from services.simulator.domain import snapshots
from services.simulator.domain.replaying import Tier, replay
from services.simulator.domain.situation import Situation
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import Recording, Stability, State
from shared.model.catalogue import Effect
from shared.proof.canonical import canonical, sha256_text
from shared.proof.keys import recording_id, recording_key
from shared.proof.results import canonical_result
from shared.runtime import wire

SCHEMA = '{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}'
TOOL = BoundTool("look_up", "bench", "d" * 64, "look_up", "", SCHEMA)
HERE = State("w" * 64)
LOOKUPS, RUNS = 2000, 5


def recordings(count: int) -> Iterator[tuple[str, str, bytes]]:
    """Make rows of about one kilobyte each."""
    for number in range(count):
        result = canonical_result([{"type": "text", "text": f"row {number}: " + "value " * 60}], None, False)
        arguments = canonical({"id": number})
        key = recording_key(TOOL.server_digest, TOOL.name, arguments, HERE)
        name = recording_id(key, result)
        recording = Recording(
            name, "bench", TOOL.server_digest, TOOL.name, arguments, HERE, HERE, result, sha256_text(result), False,
            Effect.READ_ONLY, Stability.STABLE,
        )  # fmt: skip
        yield name, key, wire.encode("recordings", recording)


def build(folder: Path, count: int) -> None:
    """Write a snapshot of so many recordings."""
    folder.mkdir()
    database = sqlite3.connect(folder / snapshots.DATABASE)
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA synchronous=OFF")
    database.executescript(library_tables.TABLES.replace("CREATE INDEX", "-- CREATE INDEX"))
    with database:
        database.executemany("INSERT INTO recordings VALUES(?,?,?)", recordings(count))
    database.executescript(library_tables.TABLES)
    digests = write_digests(database, folder / snapshots.DIGESTS)
    database.close()
    path = folder / snapshots.DATABASE
    manifest = snapshots.Manifest(
        f"snap_bench_{count}", file_sha256(path), path.stat().st_size, digests, 0, count, 0, 0, {}, "bench"
    )
    (folder / snapshots.MANIFEST).write_text(snapshots.manifest_text(manifest), encoding="utf-8")


def measure(folder: Path) -> dict[str, Any]:
    """Open, look up, hash; medians over runs."""
    opened, hashed, first, looked = [], [], [], []
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(RUNS):
        begun = time.perf_counter()
        library = open_snapshot(folder)
        opened.append(time.perf_counter() - begun)
        first.append(_looked(library, library.counts().recordings))
        looked.append(_looked(library, library.counts().recordings))
        library.close()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
    for _ in range(RUNS):
        begun = time.perf_counter()
        file_sha256(folder / snapshots.DATABASE)
        hashed.append(time.perf_counter() - begun)
    return {"opened": opened, "hashed": hashed, "first": first, "looked": looked, "kibibytes": used}


def _looked(library: Any, count: int) -> float:
    chance, spent = random.Random(1), []
    # Few enough that each is the first of its run of rows: a second one there would find it checked already.
    for number in chance.sample(range(count), min(LOOKUPS, count // 64)):
        arguments = json.dumps({"id": number})
        begun = time.perf_counter()
        played = replay(TOOL, arguments, Situation(HERE.world), library)
        spent.append(time.perf_counter() - begun)
        assert played.reply.tier is Tier.EXACT
    return statistics.median(spent) * 1e6


def main() -> None:
    """Measure every size up to the largest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--measure", type=Path)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return
    small: dict[str, float] = {}
    for count in (size for size in (10**3, 10**4, 10**5, 10**6) if size <= asked.largest):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "snapshot"
            build(folder, count)
            command = [sys.executable, "-m", "benchmarks.snapshot_growth", "--measure", str(folder)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            disk = (folder / snapshots.DATABASE).stat().st_size / count
        looked, first = statistics.median(found["looked"]), statistics.median(found["first"])
        small = small or {"looked": looked, "first": first}
        opened, hashed = statistics.median(found["opened"]), statistics.median(found["hashed"])
        bytes_each = found["kibibytes"] * 1024 / count
        results.merge(
            [
                results.entry(f"snapshot open, {count} recordings", "s", opened, hashed, found["opened"]),
                results.entry(
                    f"snapshot look-up p50, {count} recordings", "us", looked, small["looked"], found["looked"]
                ),
                results.entry(
                    f"snapshot first look-up p50, {count} recordings", "us", first, small["first"], found["first"]
                ),
                results.entry(f"snapshot memory, {count} recordings", "B each", bytes_each, disk, [bytes_each]),
            ]
        )


if __name__ == "__main__":
    main()
