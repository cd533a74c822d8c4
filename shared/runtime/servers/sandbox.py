"""How a server process is shut in: bubblewrap's command line, or mapped paths where bubblewrap cannot mount.

Inside, the host is `/usr` (read-only) and nothing of a home folder; the installed server is at `/opt/firefly/server`,
the world copy at `/workspace`, HOME and TMP are empty and small, the environment is an allow-list, there is no network,
and the clock stands still. The command line itself carries no environment value: it can be read by every user.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.model.catalogue import PathMode
from shared.runtime.servers.installed import NODE_ROOT, SERVER_ROOT, Installed
from shared.runtime.servers.programs import Programs
from shared.runtime.servers.spec import WORKSPACE, LaunchSpec

HOME = "/home/firefly"
_SERVER = "/opt/firefly/server"
_NODE = "/opt/firefly/node"
_FAKETIME = "/opt/firefly/faketime.so.1"
_MEBIBYTE = 1024 * 1024
# Only what loading programs, fonts and names needs: users, keys and hosts of this machine are no business of a server.
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "fonts",
    "mime.types",
    "localtime",
    "nsswitch.conf",
)
_ETC_NETWORK = ("resolv.conf", "hosts", "ssl", "ca-certificates", "pki", "host.conf", "gai.conf", "services")
_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_PASSWD = f"firefly:x:1000:1000::{HOME}:/bin/sh\nroot:x:0:0::/root:/bin/sh\n"
_GROUP = "firefly:x:1000:\nroot:x:0:\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server process may use."""

    memory_bytes: int = 4096 * _MEBIBYTE
    """Private writable memory of each process; address space is left alone, because V8 reserves it by the gigabyte."""
    file_bytes: int = 512 * _MEBIBYTE
    """Largest file it may write."""
    open_files: int = 1024
    processes: int = 4096
    """Per user, the system counts them together."""
    scratch_bytes: int = 256 * _MEBIBYTE
    """Size of HOME and of TMP."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    path_mode: PathMode
    workspace: str
    """Where the world copy is for the process."""


class Sandbox:
    """Writes command lines; knows whether bubblewrap works here."""

    def __init__(self, programs: Programs, scratch: Path, limits: Limits | None = None) -> None:
        self._programs, self._scratch, self._limits = programs, scratch, limits or Limits()
        self._mode: PathMode | None = None
        self._bwrap = Path()
        self.why_mapped = ""
        """What bubblewrap said when it could not be used."""

    @property
    def path_mode(self) -> PathMode:
        """Whether worlds are mounted or paths are mapped; decided once, by trying."""
        if self._mode is None:
            self._mode = self._decide()
        return self._mode

    def _decide(self) -> PathMode:
        said = ["bubblewrap was not found"]
        for bwrap in self._programs.bwraps:
            self._bwrap = bwrap
            if not (refused := self._try_bubblewrap()):
                return PathMode.MOUNTED
            said.append(refused)
        self.why_mapped = said[-1]
        return PathMode.MAPPED

    def launch(self, spec: LaunchSpec, installed: Installed, world: Path, instant: datetime) -> Launch:
        """Describe the process of a server over a live copy of a world."""
        if self.path_mode is PathMode.MOUNTED:
            return self._mounted(spec, installed, world, instant)
        return self._mapped(spec, installed, world, instant)

    def _mounted(self, spec: LaunchSpec, installed: Installed, world: Path, instant: datetime) -> Launch:
        argv = self._placed(installed, _SERVER, _NODE)
        env = {"HOME": HOME, "TMPDIR": "/tmp"} | self._environment(spec, argv)
        command = [*self._prefix(spec.network), "--bind", str(world), WORKSPACE]
        for host, inside in self._shown(installed):
            command += ["--ro-bind", str(host), inside]
        if self._programs.faketime:
            # Set inside only: the library's path exists there, and outside
            # it would stop the clocks of shell and bubblewrap too.
            for name, value in _clock(instant, _FAKETIME).items():
                command += ["--setenv", name, value]
        # bubblewrap's own root is a writable tmpfs: without the last
        # remount a server could fill memory outside its limits.
        command += ["--chdir", WORKSPACE, "--remount-ro", "/", "--"]
        return Launch((*self._limited(), *command, *argv), env, "/", PathMode.MOUNTED, WORKSPACE)

    def _mapped(self, spec: LaunchSpec, installed: Installed, world: Path, instant: datetime) -> Launch:
        home = Path(tempfile.mkdtemp(prefix="home-", dir=self._scratch))
        root = self._programs.node_root
        argv = [_map(word, str(world)) for word in self._placed(installed, installed.root, str(root))]
        env = {"HOME": str(home), "TMPDIR": str(home)} | self._environment(spec, argv)
        if self._programs.faketime:
            env |= _clock(instant, str(self._programs.faketime))
        mapped = {name: _map(value, str(world)) for name, value in env.items()}
        # What `--die-with-parent` does for bubblewrap: without it a mapped server outlives a service that is killed.
        leash = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        return Launch((*self._limited(), *leash, *argv), mapped, str(world), PathMode.MAPPED, str(world))

    def _placed(self, installed: Installed, server: str, node: str) -> list[str]:
        return [word.replace(SERVER_ROOT, server).replace(NODE_ROOT, node) for word in installed.argv]

    def _environment(self, spec: LaunchSpec, argv: list[str]) -> dict[str, str]:
        fixed = {
            "PATH": f"{Path(argv[0]).parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "USER": "firefly",
            # Sets of strings come out in the same order in every process, so a repeated answer has the same bytes.
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONNOUSERSITE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_COLOR": "1",
        }
        return fixed | dict(spec.env)

    def _prefix(self, network: bool) -> list[str]:
        size = str(self._limits.scratch_bytes)
        # A new session: in ours a server could push characters into the terminal that started us.
        words = [str(self._bwrap), "--die-with-parent", "--new-session", "--unshare-all"]
        words += ["--share-net"] if network else []
        words += ["--uid", "1000", "--gid", "1000", "--hostname", "firefly", "--ro-bind", "/usr", "/usr"]
        for name in _TOP:
            words += _top_folder(Path("/", name))
        words += ["--dir", "/etc"]
        for name in (*_ETC, *(_ETC_NETWORK if network else ())):
            words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for name in ("passwd", "group"):
            words += ["--ro-bind", str(self._written(name)), f"/etc/{name}"]
        words += ["--proc", "/proc", "--dev", "/dev"]
        return [*words, "--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", HOME]

    def _shown(self, installed: Installed) -> Iterator[tuple[Path, str]]:
        for path in installed.read_only:
            if not Path(path).is_relative_to("/usr"):
                yield Path(path), path
        if installed.root:
            yield Path(installed.root), _SERVER
        if installed.argv[0].startswith(NODE_ROOT) and self._programs.node_root:
            yield self._programs.node_root, _NODE
        if self._programs.faketime:
            yield self._programs.faketime, _FAKETIME

    def _limited(self) -> list[str]:
        # dash counts `-f` in blocks of 512 bytes and calls the process limit `-p`; bash calls it `-u`.
        limits = self._limits
        script = (
            f"ulimit -c 0; ulimit -d {limits.memory_bytes // 1024}; ulimit -f {limits.file_bytes // 512}; "
            f"ulimit -n {limits.open_files}; ulimit -u {limits.processes} 2>/dev/null || "
            f'ulimit -p {limits.processes} 2>/dev/null; exec "$@"'
        )
        return ["/bin/sh", "-c", script, "sh"]

    def _written(self, name: str) -> Path:
        path = self._scratch / "etc" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_PASSWD if name == "passwd" else _GROUP, encoding="utf-8")
        return path

    def _try_bubblewrap(self) -> str:
        try:
            # Tried with every mount and limit of a real start: a
            # container may allow namespaces and refuse a mount in them.
            with tempfile.TemporaryDirectory(dir=_made(self._scratch)) as world:
                command = [*self._limited(), *self._prefix(network=False), "--bind", world, WORKSPACE]
                command += ["--remount-ro", "/", "--", "/bin/sh", "-c", f"cd {WORKSPACE} && : > writable"]
                tried = subprocess.run(command, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return tried.stderr.decode("utf-8", "replace").strip()[:200] or "it failed" if tried.returncode else ""


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _top_folder(folder: Path) -> list[str]:
    if folder.is_symlink():
        return ["--symlink", os.fspath(folder.readlink()), str(folder)]
    return ["--ro-bind", str(folder), str(folder)] if folder.is_dir() else []


def _clock(instant: datetime, library: str) -> dict[str, str]:
    return {
        "LD_PRELOAD": library,
        "FAKETIME": instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        # Time-outs and event loops run on the monotonic clock; frozen, a server would wait for ever.
        "DONT_FAKE_MONOTONIC": "1",
        # File times are the copy's own, set to the frozen instant already.
        "NO_FAKE_STAT": "1",
    }


def _map(text: str, world: str) -> str:
    # Only where the name ends: `/workspace2` is another path.
    return re.sub(rf"{WORKSPACE}(?=$|[^\w.-])", lambda _: world, text)


def remove_home(launch: Launch) -> None:
    """Remove the temporary home folder of a mapped process."""
    if launch.path_mode is PathMode.MAPPED:
        shutil.rmtree(launch.env["HOME"], ignore_errors=True)
