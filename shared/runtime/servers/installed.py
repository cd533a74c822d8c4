"""What an install left behind: the program to start, its folders, the resolved package set and its digest."""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared.proof.canonical import digest

SERVER_ROOT = "${server}"
"""Stands in `argv` for the folder of the installed server, wherever the sandbox shows it."""
NODE_ROOT = "${node}"
"""Stands in `argv` for the folder that holds `bin/node`."""
_RUN_DEPENDENT = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_build.json", "uv_cache.json")


@dataclass(frozen=True, slots=True)
class Installed:
    """A server that can be started without any network."""

    argv: tuple[str, ...]
    root: str
    """Folder that `${server}` stands for; empty when the command was there before."""
    read_only: tuple[str, ...]
    """Further folders and files it needs, shown at their own path."""
    interpreter: str
    """Kind and version of what runs it."""
    packages: tuple[tuple[str, str, str], ...]
    """(name, version, hash), sorted."""
    source: str
    """Package and version."""
    licence: str = ""

    @property
    def package_set_digest(self) -> str:
        """sha256 over the resolved packages with their hashes."""
        return digest([list(package) for package in self.packages])

    def server_digest(self, identity: Mapping[str, Any]) -> str:
        """sha256 over launch spec (without secrets), package set and interpreter."""
        return digest({"spec": identity, "packages": self.package_set_digest, "interpreter": self.interpreter})

    def to_json(self) -> str:
        """Write it for the manifest."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Installed":
        """Read a manifest; raises ValueError or KeyError when it is none."""
        document = json.loads(text)
        return cls(
            argv=tuple(document["argv"]),
            root=document["root"],
            read_only=tuple(document["read_only"]),
            interpreter=document["interpreter"],
            packages=tuple((name, version, sha) for name, version, sha in document["packages"]),
            source=document["source"],
            licence=document["licence"],
        )


def python_packages(site_packages: Path) -> tuple[tuple[str, str, str], ...]:
    """Name, version and a digest of the recorded file hashes of each installed distribution."""
    found = []
    for folder in sorted(site_packages.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        # As PyPI compares names; folders spell them in several ways.
        found.append((name.lower().replace("_", "-"), version, _record_digest(folder / "RECORD")))
    return tuple(sorted(found))


def node_packages(root: Path) -> tuple[tuple[str, str, str], ...]:
    """Path, version and integrity of each package that npm installed."""
    # npm's hidden lock file: what is installed, where the other one says what was asked for.
    document = json.loads((root / "node_modules/.package-lock.json").read_text(encoding="utf-8"))
    packages: Mapping[str, Mapping[str, str]] = document.get("packages", {})
    return tuple(sorted((path, item.get("version", ""), item.get("integrity", "")) for path, item in packages.items()))


def python_interpreter() -> str:
    """Name the interpreter that this process runs on."""
    return f"{platform.python_implementation()} {platform.python_version()} {sys.platform} {platform.machine()}"


def _record_digest(record: Path) -> str:
    """Digest the file hashes; scripts carry the interpreter's path, bookkeeping the day of the install."""
    try:
        lines = record.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    # `../` are console scripts, whose first line holds the interpreter's path on this machine.
    kept = sorted(line for line in lines if not line.startswith("../") and not _is_bookkeeping(line))
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _is_bookkeeping(line: str) -> bool:
    path = line.split(",")[0]
    return path.endswith(".pyc") or ("dist-info/" in path and path.rpartition("/")[2] in _RUN_DEPENDENT)
