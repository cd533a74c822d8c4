"""Worlds by digest: `DATA/worlds/<digest>/files` (never written again) and `world.json` beside it."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.model.errors import BadInput, Rejected
from shared.runtime.servers.clocks import DEFAULT_NOW, read_now
from shared.runtime.servers.tree_digest import TreeDigest

_ABOUT = "world.json"
_FILES = "files"


@dataclass(frozen=True, slots=True)
class About:
    """What `world.json` says."""

    name: str
    now: str


class WorldStore:
    """Keeps each world once; hands out paths and live copies."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._about: dict[str, About] = {}

    def add(self, folder: Path, default_now: str = "") -> str:
        """Keep a fixture folder (`world.json` beside `files/`, or a bare folder) and return its digest.

        Raises:
            BadInput: the folder is no world.
        """
        files, about = _fixture(folder, default_now or DEFAULT_NOW)
        world_digest = TreeDigest(files, about.now).read()
        if not (self._root / world_digest / _ABOUT).exists():
            self._keep(files, about, world_digest)
        return world_digest

    def empty(self, now: str) -> str:
        """Keep a world without files at `now` and return its digest."""
        with tempfile.TemporaryDirectory(prefix="firefly-empty-") as folder:
            (Path(folder) / _FILES).mkdir()
            (Path(folder) / _ABOUT).write_text(json.dumps({"name": "empty", "now": now}), encoding="utf-8")
            return self.add(Path(folder))

    def digests(self) -> tuple[str, ...]:
        """Digests of all worlds kept, sorted."""
        if not self._root.is_dir():
            return ()
        return tuple(sorted(item.name for item in self._root.iterdir() if (item / _ABOUT).is_file()))

    def path(self, world_digest: str) -> Path:
        """Where the files of a world lie; read only.

        Raises:
            Rejected: no such world is kept (`unknown_world`).
        """
        self._read_about(world_digest)
        return self._root / world_digest / _FILES

    def now(self, world_digest: str) -> str:
        """The world's frozen instant, RFC 3339; raises as `path`."""
        return self._read_about(world_digest).now

    def name(self, world_digest: str) -> str:
        """The world's name; raises as `path`."""
        return self._read_about(world_digest).name

    def copy_to(self, world_digest: str, target: Path) -> None:
        """Make a live copy at `target` (which must not exist): file times are the frozen instant.

        Raises:
            Rejected: no such world is kept (`unknown_world`).
        """
        copy_tree(self.path(world_digest), target, read_now(self.now(world_digest), "world").timestamp())

    def _keep(self, files: Path, about: About, world_digest: str) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        # Beside its place and renamed: a folder named by its digest is whole, whoever is killed when.
        staging = Path(tempfile.mkdtemp(prefix=".adding-", dir=self._root))
        try:
            copy_tree(files, staging / _FILES, read_now(about.now, _ABOUT).timestamp())
            text = json.dumps({"name": about.name, "now": about.now, "files": _FILES}, sort_keys=True)
            (staging / _ABOUT).write_text(text + "\n", encoding="utf-8")
            # `mkdtemp` makes folders for their owner alone.
            staging.chmod(0o755)
            if not (self._root / world_digest).exists():
                staging.rename(self._root / world_digest)
        except FileExistsError:
            pass  # another process added the same world meanwhile
        except OSError as error:
            if not (self._root / world_digest / _ABOUT).exists():
                raise BadInput(
                    f"{self._root}: the world cannot be kept there ({error}); free space or rights"
                ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _read_about(self, world_digest: str) -> About:
        if known := self._about.get(world_digest):
            return known
        try:
            document = json.loads((self._root / world_digest / _ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Rejected("unknown_world", f"no world {world_digest} is kept in {self._root}") from error
        about = About(str(document["name"]), str(document["now"]))
        self._about[world_digest] = about
        return about


def copy_tree(source: Path, target: Path, timestamp: float) -> None:
    """Copy files, links and modes; every time stamp becomes `timestamp`."""
    target.mkdir(parents=True)
    folders = [target]
    for path, item in _walk(source):
        destination = target / path
        # First, because `is_dir` and `is_file` follow links.
        if item.is_symlink():
            destination.symlink_to(Path(item.path).readlink())
            os.utime(destination, (timestamp, timestamp), follow_symlinks=False)
        elif item.is_dir():
            destination.mkdir()
            folders.append(destination)
        elif item.is_file():
            _copy_file(item, destination, timestamp)
    # After what is in them, the deepest first: writing into a folder moves its time.
    for folder in reversed(folders):
        os.utime(folder, (timestamp, timestamp))


def _copy_file(item: os.DirEntry[str], destination: Path, timestamp: float) -> None:
    shutil.copyfile(item.path, destination)
    # Two modes, as in git: the umask of whoever made the fixture is not content.
    is_executable = item.stat().st_mode & stat.S_IXUSR
    destination.chmod(0o755 if is_executable else 0o644)
    os.utime(destination, (timestamp, timestamp))


def _walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield everything below `root` in sorted order, folders before what is in them."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(root / below) as items:
            for item in sorted(items, key=lambda entry: entry.name):
                path = f"{below}/{item.name}" if below else item.name
                yield path, item
                if item.is_dir(follow_symlinks=False):
                    waiting.append(path)


def _fixture(folder: Path, default_now: str) -> tuple[Path, About]:
    if not folder.is_dir():
        raise BadInput(f"world {str(folder)!r} is no folder; build one with `firefly world build`")
    if not (folder / _ABOUT).is_file():
        return folder, About(folder.name, read_now(default_now, f"{folder}").isoformat())
    try:
        document = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        files = folder / str(document.get("files", _FILES))
        name, now = str(document.get("name", folder.name)), str(document.get("now", default_now))
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(f"{folder / _ABOUT}: is no JSON object ({error}); repair it") from error
    if not files.is_dir():
        raise BadInput(f"{folder / _ABOUT}: its files folder {str(files)!r} does not exist; correct `files`")
    return files, About(name, read_now(now, f"{folder / _ABOUT}").isoformat())
