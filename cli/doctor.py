"""`firefly doctor`: name what this machine lacks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from cli.embedded import jars
from cli.embedded.folders import NEEDED_BYTES
from cli.embedded.java import find_java
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.valkey import find_valkey
from shared.model.errors import BadInput
from shared.runtime.servers.programs import find_programs

MEBIBYTE = 2**20
CPUS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    text: str
    needed: bool = True
    """Whether `firefly up` cannot do without it."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def doctor(as_json: bool) -> int:
    """Look for everything `firefly up` needs, and say what is missing and what to do. Exit code 1 when something is.

    \b
    Example: firefly doctor
    """  # noqa: D301
    findings = list(examine(EmbeddedSettings()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else ("MISS" if finding.needed else "note")
            click.echo(f"{mark}  {finding.what}: {finding.text}")
    return int(any(finding.needed and not finding.ok for finding in findings))


def examine(settings: EmbeddedSettings) -> Iterator[Finding]:
    """Look at the machine; starts and fetches nothing."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 11), f"{version}, needs 3.11 or newer")
    yield _found("java", lambda: str(find_java(settings)))
    kafka = jars.folder_in(settings.cache)
    yield Finding("kafka", kafka.is_dir(), _fetched(kafka), needed=False)
    yield _found("valkey", lambda: str(find_valkey(settings)))
    programs = find_programs()
    yield _program("uv", programs.uv, "Python MCP servers cannot be installed; run `make setup`")
    yield _program("node", programs.node, "Node MCP servers cannot be run; run `make setup`")
    yield _sandbox(programs.bwraps)
    yield _program("libfaketime", programs.faketime, "servers see the real clock", needed=False)
    yield _installed("dulwich", "`firefly world build` needs the extra `worlds`")
    yield _cache(settings.cache)
    # Not `cpu_count`: a container or `taskset` may give less than the machine has.
    count = len(os.sched_getaffinity(0))
    yield Finding("processors", count >= CPUS, f"{count}, comfortable from {CPUS} on", needed=False)


def _found(what: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, find())
    except BadInput as error:
        return Finding(what, False, str(error))


def _program(what: str, path: Path | None, otherwise: str, needed: bool = True) -> Finding:
    return Finding(what, path is not None, str(path) if path else f"not found: {otherwise}", needed)


def _sandbox(candidates: Sequence[Path]) -> Finding:
    for bwrap in candidates:
        # Tried, because a kernel or a container may forbid what is installed.
        line = [str(bwrap), "--ro-bind", "/", "/", "--unshare-all", "/bin/true"]
        if subprocess.run(line, capture_output=True, timeout=20, check=False).returncode == 0:
            return Finding("bubblewrap", True, str(bwrap), needed=False)
    return Finding(
        "bubblewrap", False, "none works here: servers run without a sandbox, paths are mapped", needed=False
    )


def _installed(package: str, otherwise: str) -> Finding:
    try:
        return Finding(package, True, metadata.version(package), needed=False)
    except metadata.PackageNotFoundError:
        return Finding(package, False, f"not installed: {otherwise}", needed=False)


def _fetched(folder: Path) -> str:
    return str(folder) if folder.is_dir() else f"not fetched yet: the first start fetches {jars.DOWNLOAD_MEGABYTES} MB"


def _cache(cache: Path) -> Finding:
    # The cache may not be there yet: where it would be made decides.
    there = next(place for place in (cache, *cache.parents) if place.is_dir())
    free = shutil.disk_usage(there).free
    ok = os.access(there, os.W_OK) and free > NEEDED_BYTES
    advice = "" if ok else "; set FIREFLY_CACHE_DIR to a folder that can be written and has room"
    return Finding("cache folder", ok, f"{cache}, {free // MEBIBYTE} MiB free{advice}")
