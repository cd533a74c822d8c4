"""Snapshots: named by content, the same bytes whatever the order, refused when a byte is another."""

import json
import random
import sqlite3
from dataclasses import replace

import pytest

from services.simulator.adapters import snapshot_file
from services.simulator.adapters.snapshot_file import open_snapshot, verify_snapshot, write_snapshot
from services.simulator.domain import snapshots
from services.simulator.domain.recordings import key_of
from shared.model.errors import BadInput, Rejected
from tests.fakes import dataset
from tests.fakes.library import ListLibrary
from tests.fakes.office import DIGESTS


def written(tmp_path, name="snapshot", made=None):
    worlds = dataset.world_folders(tmp_path / "worlds")
    return write_snapshot(made or dataset.content(), worlds, tmp_path / name, "test")


def shuffled(made):
    mixed = {
        name: tuple(random.Random(name).sample(getattr(made, name), len(getattr(made, name))))
        for name in ("tasks", "recordings", "servers", "tools")
    }
    return replace(made, **mixed)


def test_same_content_in_any_order_gives_the_same_id_and_bytes(tmp_path):
    first, second = written(tmp_path, "one"), written(tmp_path, "two", shuffled(dataset.content()))
    assert first == second
    files = snapshot_file.tree_digests(tmp_path / "one")
    assert files == snapshot_file.tree_digests(tmp_path / "two")
    assert len(files) == 3 + 1 + 3


def test_id_changes_with_any_row_but_not_with_observation_times():
    made = dataset.content()
    later = tuple(replace(recording, observed_at="2030-01-01T00:00:00Z") for recording in made.recordings)
    assert snapshots.snapshot_id(replace(made, recordings=later)) == snapshots.snapshot_id(made)
    for name in ("tasks", "recordings", "servers", "tools", "world_digests"):
        assert snapshots.snapshot_id(replace(made, **{name: getattr(made, name)[1:]})) != snapshots.snapshot_id(made)


def test_snapshot_answers_what_was_put_in(tmp_path):
    manifest, made = written(tmp_path), dataset.content()
    library, listed = open_snapshot(tmp_path / "snapshot"), ListLibrary(made.recordings, made.tasks)
    assert library.snapshot_id == manifest.snapshot_id
    assert library.counts() == listed.counts()
    for recording in made.recordings:
        assert library.recording(recording.recording_id) == recording
        assert list(library.recordings_at(key_of(recording))) == listed.recordings_at(key_of(recording))
    for server, digest in DIGESTS.items():
        assert list(library.tools(digest)) == listed.tools(digest)
        assert library.server(server) == listed.server(server)
        for tool in library.tools(digest):
            assert library.moves(digest, tool.name) == listed.moves(digest, tool.name)
            assert library.tool(digest, tool.name) == tool
    assert library.task(made.tasks[0].task.task_id) == made.tasks[0].task
    assert [library.task("t"), library.server("s"), library.recording("r")] == [None] * 3
    library.close()


@pytest.mark.parametrize("place", ["snapshot", "snapshot/snapshot.sqlite", "snapshot/manifest.json", "."])
def test_snapshot_is_found_from_its_folder_its_files_or_the_export(tmp_path, place):
    written(tmp_path)
    open_snapshot(tmp_path / place).close()


def test_snapshot_is_opened_read_only_and_leaves_no_file_beside(tmp_path):
    written(tmp_path)
    before = snapshot_file.tree_digests(tmp_path / "snapshot")
    one, other = open_snapshot(tmp_path / "snapshot"), open_snapshot(tmp_path / "snapshot")
    assert one.counts() == other.counts()
    one.close(), other.close()
    assert snapshot_file.tree_digests(tmp_path / "snapshot") == before


def test_every_tampered_file_is_refused_by_name(tmp_path):
    written(tmp_path)
    folder = tmp_path / "snapshot"
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"):
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(BadInput, match=path.name.replace(".", r"\.")):
            verify_snapshot(folder)
        path.write_bytes(kept)
    verify_snapshot(folder)


def test_every_changed_byte_of_the_database_is_refused_by_name_before_it_is_served(tmp_path):
    """Whatever byte was changed: opening or the first reading refuses, or everything read is what was written."""
    written(tmp_path)
    made, path = dataset.content(), tmp_path / "snapshot" / "snapshot.sqlite"
    kept = path.read_bytes()
    refused = 0
    for place in range(0, len(kept), 211):
        path.write_bytes(kept[:place] + bytes([kept[place] ^ 4]) + kept[place + 1 :])
        refused += not reads_as_written(tmp_path, made)
    path.write_bytes(kept)
    assert refused > 20
    assert reads_as_written(tmp_path, made)


def reads_as_written(folder, made):
    try:
        library = open_snapshot(folder)
        for one in made.recordings:
            found = [found for found in library.recordings_at(key_of(one)) if found.recording_id == one.recording_id]
            assert found == [one]
        for task in made.tasks:
            assert library.task(task.task.task_id) == task.task
        library.close()
    except Rejected as error:
        if "snapshot.sqlite" not in str(error):
            raise
        return False
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recordings SET record=CAST(replace(record, 'A-17', 'A-18') AS BLOB) WHERE key=?1",
        "DELETE FROM recordings WHERE key=?1",
        "INSERT INTO recordings SELECT 'rec_new', ?1, record FROM recordings LIMIT 1",
        "UPDATE recordings SET key=substr(?1, 2) || 'f' WHERE key=?1",
    ],
)
def test_changed_removed_added_and_moved_recordings_are_refused_when_they_are_touched(tmp_path, statement):
    written(tmp_path)
    folder = tmp_path / "snapshot"
    key = key_of(next(one for one in dataset.content().recordings if "A-17" in one.result_json))
    database = sqlite3.connect(folder / "snapshot.sqlite")
    with database:
        database.execute(statement, (key,))
    database.close()
    size = (folder / "snapshot.sqlite").stat().st_size
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "database_bytes": size}))
    library = open_snapshot(tmp_path)
    with pytest.raises(Rejected, match=r"snapshot\.sqlite is damaged"):
        library.recordings_at(key)
    library.close()


def test_key_that_nobody_recorded_is_absent_by_the_digests(tmp_path):
    written(tmp_path)
    library = open_snapshot(tmp_path)
    assert library.recordings_at("0" * 64) == library.recordings_at("f" * 64) == []
    library.close()


def test_manifest_that_names_another_content_is_refused(tmp_path):
    written(tmp_path)
    path = tmp_path / "snapshot" / "manifest.json"
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "snapshot_id": "snap_" + "0" * 32}))
    with pytest.raises(BadInput, match="its manifest says snap_0000"):
        verify_snapshot(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("manifest.json", "{", "no snapshot manifest"),
        ("manifest.json", "{}", "no snapshot manifest"),
        ("manifest.json", None, "holds no snapshot"),
        ("snapshot.sqlite", None, "holds no snapshot"),
        ("snapshot.sqlite", "", "damaged"),
    ],
)
def test_missing_or_broken_files_are_named(tmp_path, name, text, words):
    written(tmp_path)
    path = tmp_path / "snapshot" / name
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(BadInput, match=words):
        open_snapshot(tmp_path / "snapshot")


def test_snapshot_is_not_written_over_another(tmp_path):
    written(tmp_path)
    with pytest.raises(BadInput, match="not empty"):
        written(tmp_path)


def test_missing_world_is_named(tmp_path):
    with pytest.raises(BadInput, match="files of world"):
        write_snapshot(dataset.content(), {}, tmp_path / "s", "test")
