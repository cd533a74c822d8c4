"""Apache Kafka's jars: exactly those of `kafka.lock`, fetched once into the cache folder and verified by sha256.

`kafka.lock` is what jgo resolves for kafka-clients + kafka_2.13 + log4j-slf4j-impl + log4j-core at the versions in it;
resolving again on every machine would cost 40 s and could give another set. Maven mirrors of the user's jgo settings
(`[repositories]`) are asked first.
"""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.model.errors import BadInput, Unavailable

LOCK = Path(__file__).with_name("kafka.lock")
DOWNLOADS_AT_ONCE = 8
DOWNLOAD_MEGABYTES = 44


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def locked() -> tuple[Jar, ...]:
    """Read the lock file, in its order: class archives depend on the order of the class path."""
    lines = (line.split() for line in LOCK.read_text(encoding="ascii").splitlines())
    words = ((*coordinates.split(":"), sha256) for coordinates, sha256 in lines)
    return tuple(Jar(group, artifact, version, sha256) for group, artifact, version, sha256 in words)


def folder_in(cache: Path) -> Path:
    """Where this lock file's jars lie."""
    return cache / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"


def class_path(folder: Path) -> str:
    """The jars as `java -cp` takes them."""
    return ":".join(str(folder / jar.file_name) for jar in locked())


def ensure(cache: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the folder of the jars, fetching them when it is not there; safe when two processes do it at once.

    Raises:
        Unavailable: a jar cannot be fetched.
        BadInput: the cache cannot be written.
    """
    target = folder_in(cache)
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # Two runs on a fresh machine would otherwise fetch 44 MB each, and one would rename onto the other.
        with alone(cache):
            if not target.is_dir():
                say(f"fetching Apache Kafka, {DOWNLOAD_MEGABYTES} MB, once")
                _fetch_all(cache, target)
    except OSError as error:
        raise BadInput(
            f"cannot fill the cache {cache}: {error.strerror}; set FIREFLY_CACHE_DIR to another folder"
        ) from error
    return target


def _fetch_all(cache: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache, prefix="kafka-fetch-") as scratch:
        stage = Path(scratch) / "jars"
        stage.mkdir()
        fetch = _fetcher(Path(scratch) / "maven")
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            for jar, file in pool.map(lambda jar: (jar, fetch(jar)), locked()):
                if hashlib.sha256(file.read_bytes()).hexdigest() != jar.sha256:
                    raise Unavailable(f"{jar.file_name} as downloaded is not the file that {LOCK.name} pins; try again")
                shutil.move(file, stage / jar.file_name)
        # Renamed when whole: a folder that is there holds all jars, verified.
        stage.rename(target)


def _fetcher(repository: Path) -> Callable[[Jar], Path]:
    # imported here: jgo costs half a second, and only the first start needs it
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    context = MavenContext(repo_cache=repository, remote_repos=remotes, timeout=60)

    def fetch(jar: Jar) -> Path:
        try:
            return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
        except (RuntimeError, OSError) as error:
            raise Unavailable(f"cannot fetch {jar.file_name} from a Maven repository: {error}") from error

    return fetch


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Keep other processes from filling the cache meanwhile."""
    with (cache / "kafka.mutex").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
