"""Builds a world: draws the company, writes every view of it, tests it, and puts the files where servers mount them."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.model.errors import BadInput
from shared.runtime.servers.tree_digest import TreeDigest
from worlds.composing import compose
from worlds.model import Company
from worlds.mount import Mount
from worlds.supporting import support
from worlds.vocabulary import TRADES

VERSION = "2"
"""Moves whenever the same seed gives other bytes."""
SIZES = range(1, 6)
REVISIONS = 4
"""How often a world is drawn at most."""
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What decides every byte of a world, together with the builder's version."""

    seed: int
    size: int
    trade: str = ""
    """One of `TRADES`; empty: drawn from the seed."""


class TooLittle(BadInput):
    """No drawing of a seed supports enough questions."""


def build(seed: int, size: int, out: Path, trade: str = "") -> Path:
    """Build the world of (seed, size, trade) in the folder `out` and return it; an older world there is replaced.

    A world that supports too few questions is drawn again; the number of the drawing stands in the manifest.

    Args:
        seed: any whole number.
        size: from 1 to 5.
        out: the folder to make.
        trade: one of `TRADES`; empty: drawn from the seed.

    Raises:
        BadInput: no such size or trade, or `out` holds something that is not a world.
        TooLittle: every drawing supports too few questions; nothing was written.
    """
    scenario = Scenario(seed, size, trade)
    _check(scenario, out)
    reason = ""
    for revision in range(REVISIONS):
        company, mount = compose(seed, size, trade, revision)
        reason = support(mount.files).missing
        if not reason:
            return _write(scenario, revision, company, mount, out)
    raise TooLittle(f"seed {seed} was drawn {REVISIONS} times, and its world supports too few questions: {reason}")


def rebuild(manifest: Path, out: Path) -> Path:
    """Build the world that a manifest describes, byte for byte.

    Raises:
        BadInput: no manifest, one of another version of the builder, or one whose digest the bytes do not have.
    """
    said = _read(manifest)
    if said.get("version") != VERSION:
        raise BadInput(
            f"{manifest} is of version {said.get('version')!r}, and this builder makes {VERSION!r}: take that one"
        )
    try:
        scenario, revision = Scenario(int(said["seed"]), int(said["size"]), str(said["trade"])), int(said["revision"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{manifest} names no seed, size, trade and revision: give the manifest.json of a world"
        ) from error
    _check(scenario, out)
    folder = _write(scenario, revision, *compose(scenario.seed, scenario.size, scenario.trade, revision), out)
    found = _read(folder / _MANIFEST)["world_digest"]
    if found != said.get("world_digest"):
        raise BadInput(f"{manifest} says digest {said.get('world_digest')}, and the bytes have {found}: it was edited")
    return folder


def files_of(folder: Path, mounted: str = "files") -> dict[str, bytes]:
    """Read the files of a built world, by path."""
    root = folder / mounted
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def _check(scenario: Scenario, out: Path) -> None:
    if scenario.size not in SIZES:
        raise BadInput(f"--size {scenario.size} does not exist: give a number from {SIZES[0]} to {SIZES[-1]}")
    if scenario.trade and scenario.trade not in TRADES:
        raise BadInput(f"--trade {scenario.trade} does not exist: give one of {', '.join(sorted(TRADES))}")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MANIFEST).is_file())):
        raise BadInput(f"{out} exists and is not a world: give another --out, or remove it first")


def _write(scenario: Scenario, revision: int, company: Company, mount: Mount, out: Path) -> Path:
    if out.exists():
        shutil.rmtree(out)
    _place(mount, company, out / "files")
    world = {"name": f"{company.name} ({company.trade})", "now": company.now.isoformat(), "files": "files"}
    _write_json(out / "world.json", world)
    (out / "entities.json").write_text(mount.index_json(), encoding="utf-8")
    manifest = {
        "seed": scenario.seed,
        "size": scenario.size,
        "trade": company.vocabulary,
        "locale": company.locale,
        "revision": revision,
        "version": VERSION,
        "world_digest": TreeDigest(out / "files", world["now"]).read(),
    }
    _write_json(out / _MANIFEST, manifest)
    return out


def _place(mount: Mount, company: Company, files: Path) -> None:
    for path, content in sorted(mount.files.items()):
        target = files / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        # The umask of whoever builds is not content.
        target.chmod(0o644)
    stamp = int(datetime.combine(company.now.date(), datetime.min.time(), UTC).timestamp())
    for entry in [files, *files.rglob("*")]:
        if entry.is_dir():
            entry.chmod(0o755)
        os.utime(entry, (stamp, stamp))


def _read(manifest: Path) -> dict[str, Any]:
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{manifest} cannot be read as JSON ({error}): give the manifest.json of a world") from error
    if not isinstance(content, dict):
        raise BadInput(f"{manifest} holds no JSON object: give the manifest.json of a world")
    return content


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
