"""Builds a world: draws the company, writes every view of it, and puts the files where a server can mount them."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.model.errors import BadInput
from shared.runtime.servers.tree_digest import TreeDigest
from worlds import records
from worlds.agreements import write_agreements
from worlds.company import draw_company
from worlds.database import write_database
from worlds.history import draw_history
from worlds.layouts import Layout, draw_layout
from worlds.meetings import draw_notes
from worlds.minutes import write_notes
from worlds.model import Company
from worlds.mount import Mount
from worlds.policies import write_policies
from worlds.repository import write_repository
from worlds.scale import Scale
from worlds.surroundings import write_surroundings
from worlds.tables import write_table
from worlds.vocabulary import TRADES, Trade, trade
from worlds.workbooks import write_workbooks

VERSION = "1"
"""Moves whenever the same seed gives other bytes."""
SIZES = range(1, 6)
_MANIFEST = "manifest.json"


def build(seed: int, size: int, out: Path) -> Path:
    """Build the world of (seed, size) in the folder `out` and return it; an older world there is replaced.

    Raises:
        BadInput: no such size, or `out` holds something that is not a world.
    """
    if size not in SIZES:
        raise BadInput(f"--size {size} does not exist: give a number from {SIZES[0]} to {SIZES[-1]}")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MANIFEST).is_file())):
        raise BadInput(f"{out} exists and is not a world: give another --out, or remove it first")
    company, mount = compose(seed, size)
    if out.exists():
        shutil.rmtree(out)
    _place(mount, company, out / "files")
    world = {"name": f"{company.name} ({company.trade})", "now": company.now.isoformat(), "files": "files"}
    _write_json(out / "world.json", world)
    (out / "entities.json").write_text(mount.index_json(), encoding="utf-8")
    world_digest = TreeDigest(out / "files", world["now"]).read()
    manifest = {"seed": seed, "size": size, "version": VERSION, "world_digest": world_digest}
    _write_json(out / _MANIFEST, manifest)
    return out


def compose(seed: int, size: int) -> tuple[Company, Mount]:
    """Return the company of (seed, size) and all its files, in memory."""
    company = draw_company(seed, size)
    words, layout, scale, mount = _words(company), draw_layout(seed, company.units), Scale.of(size), Mount()
    _write_lists(mount, company, layout)
    write_workbooks(mount, company, layout)
    write_agreements(mount, company, layout)
    write_policies(mount, company, layout)
    write_notes(mount, draw_notes(company, words, scale.notes), layout)
    write_repository(mount, company, draw_history(company, words, scale.commits), layout.default_branch)
    write_database(mount, company)
    write_surroundings(mount, company, layout)
    return company, mount


def _words(company: Company) -> Trade:
    return next(trade(name) for name in TRADES if trade(name).trade == company.trade)


def _write_lists(mount: Mount, company: Company, layout: Layout) -> None:
    tables = {
        "orders": records.orders(company),
        "products": records.products(company),
        "suppliers": records.suppliers(company),
        "employees": records.employees(company),
        "customers": records.customers(company),
        "readings": records.readings(company),
    }
    for name, table in tables.items():
        path, headers = layout.table(name)
        write_table(mount, path, headers, table, Path(path).stem if layout.nested_json else "")


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


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
