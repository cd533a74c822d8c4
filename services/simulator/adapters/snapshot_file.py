"""Snapshots on disk: one SQLite file, its manifest and the worlds' files; immutable and named by content."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from services.simulator.adapters import library_tables
from services.simulator.adapters.digest_tree import DigestTree, Runs, read_digests, write_digests
from services.simulator.adapters.snapshot_library import SnapshotLibrary
from services.simulator.adapters.spelling_rules import spelling_of
from services.simulator.domain import snapshots
from services.simulator.domain.ports import Counts
from services.simulator.domain.recordings import spelt_forms
from services.simulator.domain.snapshots import DATABASE, DIGESTS, MANIFEST, RUNTIME, WORLDS, Content, Manifest
from services.simulator.domain.spelling import Spelling
from shared.model.errors import BadInput, Rejected


def write_snapshot(
    content: Content,
    worlds: Mapping[str, Path],
    folder: Path,
    version: str,
    write_runtime: Callable[[Path], None] | None = None,
) -> Manifest:
    """Write a snapshot into a new or empty folder; the same content gives the same bytes.

    `write_runtime` writes what it needs to run live into the folder it is given.

    Raises:
        BadInput: the folder holds something already, or a world's folder is missing.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: give a new folder for the snapshot")
    folder.mkdir(parents=True, exist_ok=True)
    digests_sha256 = _write_database(content, folder)
    for digest in sorted(content.world_digests):
        _copy_world(digest, worlds, folder / WORLDS / digest)
    if write_runtime:
        write_runtime(folder / RUNTIME)
    manifest = Manifest(
        snapshots.snapshot_id(content),
        file_sha256(folder / DATABASE),
        (folder / DATABASE).stat().st_size,
        digests_sha256,
        len(content.tasks),
        len(content.recordings),
        len(content.tools),
        len(content.servers),
        {digest: tree_digests(folder / WORLDS / digest) for digest in sorted(content.world_digests)},
        version,
        tree_digests(folder / RUNTIME),
        len(content.spellings),
    )
    (folder / MANIFEST).write_text(snapshots.manifest_text(manifest), encoding="utf-8")
    return manifest


def read_snapshot_manifest(place: Path) -> Manifest:
    """Read the manifest of a snapshot given as folder, database, manifest or export.

    Raises:
        BadInput: there is none.
    """
    folder = snapshot_folder(place)
    return snapshots.read_manifest((folder / MANIFEST).read_text(encoding="utf-8"), str(folder / MANIFEST))


def open_snapshot(place: Path) -> SnapshotLibrary:
    """Open a snapshot read-only and shared, without reading it through: what is served is checked when it is.

    Raises:
        BadInput: it is missing, damaged or was changed; the file is named.
    """
    folder = snapshot_folder(place)
    manifest = read_snapshot_manifest(folder)
    path = folder / DATABASE
    # A file that is cut off or grown is found at once; the rows themselves are checked when they are first served.
    if path.stat().st_size != manifest.database_bytes:
        raise BadInput(f"{path} is damaged or was changed (its size is not the manifest's): copy the snapshot again")
    _check_tree(folder / RUNTIME, manifest.runtime)
    runs = read_digests(folder / DIGESTS, manifest.digests_sha256)
    try:
        return _library(path, manifest, runs)
    except sqlite3.Error as error:
        raise BadInput(f"{path} cannot be read ({error}): copy the snapshot again") from error
    except Rejected as error:
        raise BadInput(error.text) from error


def _library(path: Path, manifest: Manifest, runs: dict[str, Runs]) -> SnapshotLibrary:
    with ExitStack() as opening:
        # Immutable: SQLite takes no locks and writes no side files,
        # so any number of processes share a read-only volume.
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        opening.callback(database.close)
        counts = Counts(manifest.tasks, manifest.recordings)
        digests = DigestTree(database, runs, path)
        spelling = _spelling(database, digests) if manifest.spellings else None
        library = SnapshotLibrary(database, manifest.snapshot_id, digests, counts, spelling)
        opening.pop_all()
    return library


def _spelling(database: sqlite3.Connection, digests: DigestTree) -> Spelling:
    digests.check_all("spellings")
    return spelling_of(library_tables.read_spellings(database))


def verify_snapshot(place: Path) -> Manifest:
    """Check every file of a snapshot, and that its content bears its name.

    Raises:
        BadInput: a file is missing, added or changed, or the id is another's.
    """
    folder = snapshot_folder(place)
    manifest = read_snapshot_manifest(folder)
    _check_file(folder / DATABASE, manifest.database_sha256)
    _check_file(folder / DIGESTS, manifest.digests_sha256)
    for digest, files in manifest.worlds.items():
        _check_tree(folder / WORLDS / digest, files)
    _check_tree(folder / RUNTIME, manifest.runtime)
    name = snapshots.snapshot_id(read_content(folder, tuple(manifest.worlds)))
    if name != manifest.snapshot_id:
        raise BadInput(f"{folder / DATABASE} holds {name}, its manifest says {manifest.snapshot_id}: make it again")
    return manifest


def read_content(folder: Path, world_digests: tuple[str, ...]) -> Content:
    """Read everything a snapshot's database holds."""
    database = sqlite3.connect(f"{(folder / DATABASE).resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return library_tables.read_content(database, world_digests)
    finally:
        database.close()


def snapshot_folder(place: Path) -> Path:
    """Find the folder of a snapshot given as folder, database, manifest or export.

    Raises:
        BadInput: nothing there is a snapshot.
    """
    for folder in (place / "snapshot", place, place.parent):
        if (folder / MANIFEST).is_file() and (folder / DATABASE).is_file():
            return folder
    raise BadInput(f"{place} holds no snapshot: give the folder with {DATABASE} and {MANIFEST}, or an export's folder")


def tree_digests(folder: Path) -> dict[str, str]:
    """Digest every file below a folder; a link counts by where it points."""
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in _files(folder)}


def file_sha256(path: Path) -> str:
    """Digest one file in hex."""
    if path.is_symlink():
        return hashlib.sha256(f"link {path.readlink()}".encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    paths: Iterable[Path] = sorted(folder.rglob("*"))
    return (path for path in paths if path.is_symlink() or path.is_file())


def _check_file(path: Path, expected: str) -> None:
    if file_sha256(path) != expected:
        raise BadInput(f"{path} is damaged or was changed (its sha256 is not the manifest's): copy the snapshot again")


def _check_tree(folder: Path, expected: Mapping[str, str]) -> None:
    found = tree_digests(folder)
    for path in sorted({*found, *expected}):
        if found.get(path) != expected.get(path):
            raise BadInput(f"{folder / path} is not as it was written: copy the snapshot again")


def _write_database(content: Content, folder: Path) -> str:
    database = sqlite3.connect(folder / DATABASE)
    try:
        # No journal: an interrupted write leaves no snapshot anyway, because the manifest is written last.
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA page_size=4096")
        database.executescript(library_tables.TABLES)
        with database:
            library_tables.fill(database, (*content.servers, *content.tools), content.tasks, content.recordings)
            spelt = spelt_forms(content.recordings, spelling_of(content.spellings)) if content.spellings else {}
            library_tables.put_spellings(database, content.spellings, spelt)
        # Pages in one order: the same content gives the same bytes, which the manifest's digest relies on.
        database.execute("VACUUM")
        return write_digests(database, folder / DIGESTS)
    finally:
        database.close()


def _copy_world(digest: str, worlds: Mapping[str, Path], target: Path) -> None:
    source = worlds.get(digest)
    if source is None or not source.is_dir():
        raise BadInput(f"the files of world {digest} are not there: keep the data folder's worlds/ beside its topics")
    # As links: a world may hold links that point nowhere, and following them would change its digest.
    shutil.copytree(source, target, symlinks=True)
