"""A world is its files and its instant; a live copy's digest moves exactly when a file does."""

import json
import os
import subprocess
import time
import zipfile

import pytest

from shared.model.errors import BadInput, Rejected
from shared.runtime.servers.clocks import Clock, instant_of
from shared.runtime.servers.tree_digest import TreeDigest
from shared.runtime.servers.world_store import WorldStore

NOW = "2026-03-02T09:30:00+00:00"


def fixture(folder, files, name="acme", now=NOW):
    for path, text in files.items():
        target = folder / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (folder / "world.json").write_text(json.dumps({"name": name, "now": now, "files": "files"}))
    return folder


def git(folder, *words):
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)}
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, env=env)


def test_add_keeps_a_world_once_under_its_digest(tmp_path):
    store = WorldStore(tmp_path / "worlds")
    digest = store.add(fixture(tmp_path / "w", {"a.txt": "1", "sub/b.txt": "2"}))
    assert store.add(tmp_path / "w") == digest
    assert store.digests() == (digest,)
    assert (store.name(digest), store.now(digest)) == ("acme", NOW)
    assert (store.path(digest) / "sub/b.txt").read_text() == "2"


def test_add_takes_a_bare_folder_as_mount(tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "x").write_text("1")
    store = WorldStore(tmp_path / "worlds")
    digest = store.add(tmp_path / "bare")
    assert store.now(digest) == NOW
    assert store.name(digest) == "bare"


def test_digest_depends_on_bytes_paths_modes_and_now_only(tmp_path):
    store = WorldStore(tmp_path / "worlds")
    same = store.add(fixture(tmp_path / "a", {"x": "1"}))
    assert store.add(fixture(tmp_path / "b", {"x": "1"}, name="other")) == same
    assert store.add(fixture(tmp_path / "c", {"x": "2"})) != same
    assert store.add(fixture(tmp_path / "d", {"y": "1"})) != same
    assert store.add(fixture(tmp_path / "e", {"x": "1"}, now="2026-03-03T09:30:00+00:00")) != same
    executable = fixture(tmp_path / "f", {"x": "1"})
    (executable / "files/x").chmod(0o755)
    assert store.add(executable) != same
    (fixture(tmp_path / "g", {"x": "1"}) / "files/empty").mkdir()
    assert store.add(tmp_path / "g") != same


def test_copy_has_the_same_digest_and_frozen_times(tmp_path):
    store = WorldStore(tmp_path / "worlds")
    source = fixture(tmp_path / "w", {"a.txt": "1", "sub/run.sh": "2"})
    (source / "files/sub/run.sh").chmod(0o755)
    (source / "files/link").symlink_to("a.txt")
    digest = store.add(source)
    store.copy_to(digest, tmp_path / "live")
    assert TreeDigest(tmp_path / "live", NOW).read() == digest
    assert {int(path.lstat().st_mtime) for path in (tmp_path / "live").rglob("*")} == {
        int(instant_of(NOW, Clock.FROZEN).timestamp())
    }


@pytest.mark.parametrize("change", ["write", "append", "same_size", "make", "remove", "folder", "mode", "rename"])
def test_live_digest_moves_with_every_change(tmp_path, change):
    store = WorldStore(tmp_path / "worlds")
    digest = store.add(fixture(tmp_path / "w", {"a.txt": "1", "b.txt": "2"}))
    live = tmp_path / "live"
    store.copy_to(digest, live)
    follower = TreeDigest(live, NOW)
    assert follower.read() == digest
    {
        "write": lambda: (live / "a.txt").write_text("11"),
        "append": lambda: os.truncate(live / "a.txt", 5),
        "same_size": lambda: (live / "a.txt").write_text("2"),
        "make": lambda: (live / "c.txt").write_text(""),
        "remove": lambda: (live / "a.txt").unlink(),
        "folder": lambda: (live / "new").mkdir(),
        "mode": lambda: (live / "a.txt").chmod(0o755),
        "rename": lambda: (live / "a.txt").rename(live / "z.txt"),
    }[change]()
    assert follower.read() != digest
    assert follower.touched


def test_live_digest_sees_two_writes_within_one_tick(tmp_path):
    (tmp_path / "a").write_text("1")
    follower = TreeDigest(tmp_path, NOW)
    digests = set()
    for text in "23456789":
        (tmp_path / "a").write_text(text)
        digests.add(follower.read())
    assert len(digests) == len("23456789")


def test_live_digest_stays_and_tells_touching_when_equal_bytes_are_written(tmp_path):
    (tmp_path / "a").write_text("1")
    follower = TreeDigest(tmp_path, NOW)
    before = follower.read()
    assert follower.read() == before
    assert not follower.touched
    time.sleep(0.01)
    (tmp_path / "a").write_text("1")
    assert follower.read() == before
    assert follower.touched == 1


def test_git_repository_has_one_digest_in_every_copy(tmp_path):
    repo = tmp_path / "w" / "repo"
    repo.mkdir(parents=True)
    git(repo, "init", "-q", ".")
    (repo / "a.txt").write_text("1")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "one", "--date", "2026-01-01T00:00:00Z")
    store = WorldStore(tmp_path / "worlds")
    digest = store.add(tmp_path / "w")
    store.copy_to(digest, tmp_path / "live")
    follower = TreeDigest(tmp_path / "live", NOW)
    assert follower.read() == digest
    git(tmp_path / "live" / "repo", "update-index", "--refresh")  # rewrites the index: stat data only
    assert follower.read() == digest
    assert not follower.touched
    (tmp_path / "live/repo/b.txt").write_text("2")
    moved = follower.read()
    git(tmp_path / "live" / "repo", "add", "b.txt")
    assert follower.read() not in (digest, moved)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_git_index_versions_agree(tmp_path, version):
    git(tmp_path, "init", "-q", ".")
    for path in ("a/one.txt", "a/two.txt", "b.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    git(tmp_path, "add", "a", "b.txt")
    follower = TreeDigest(tmp_path, NOW)
    before = follower.read()
    git(tmp_path, "update-index", "--index-version", version)
    assert follower.read() == before


def test_unknown_world_is_rejected(tmp_path):
    with pytest.raises(Rejected, match="unknown_world"):
        WorldStore(tmp_path).path("0" * 64)


@pytest.mark.parametrize(
    ("about", "says"),
    [("{", "is no JSON object"), ('{"files": "gone"}', "does not exist"), ('{"now": "soon"}', "now is")],
)
def test_add_refuses_a_broken_world_file(tmp_path, about, says):
    (tmp_path / "w/files").mkdir(parents=True)
    (tmp_path / "w/world.json").write_text(about)
    with pytest.raises(BadInput, match=says):
        WorldStore(tmp_path / "worlds").add(tmp_path / "w")


def test_empty_world_has_no_files(tmp_path):
    store = WorldStore(tmp_path / "worlds")
    assert not any(store.path(store.empty(NOW)).iterdir())


def archive(path, instant, text="1", name="sheet.xml"):
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("first.xml", instant), "one")
        packed.writestr(zipfile.ZipInfo(name, instant), text)
    return TreeDigest(path.parent, NOW).read()


def test_archive_counts_without_the_times_its_entries_were_packed_at(tmp_path):
    path = tmp_path / "w" / "book.xlsx"
    digest = archive(path, (2026, 3, 2, 9, 30, 0))
    assert archive(path, (2031, 11, 5, 7, 8, 10)) == digest
    assert archive(path, (2026, 3, 2, 9, 30, 0), text="2") != digest
    assert archive(path, (2026, 3, 2, 9, 30, 0), name="other.xml") != digest


@pytest.mark.parametrize("cut", [4, 30, 60, -10, -1])
def test_damaged_archive_counts_by_its_bytes(tmp_path, cut):
    path = tmp_path / "w" / "book.xlsx"
    digests = set()
    for year in (2026, 2027):
        archive(path, (year, 3, 2, 9, 30, 0))
        path.write_bytes(path.read_bytes()[:cut] + str(year).encode())
        digests.add(TreeDigest(path.parent, NOW).read())
    assert len(digests) == 2
