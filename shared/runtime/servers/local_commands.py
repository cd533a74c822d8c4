"""Servers whose command is a program that is there already: what the sandbox must show of the host for it."""

import hashlib
import shutil
import sys
from pathlib import Path

from shared.model.errors import BadInput
from shared.runtime.servers.installed import Installed, python_interpreter, python_packages
from shared.runtime.servers.programs import Programs
from shared.runtime.servers.spec import WORKSPACE, LaunchSpec

_MARKERS = ("package.json", "pyproject.toml", "setup.py", "go.mod", "Cargo.toml")
_LEVELS = 4
_ELF = b"\x7fELF"


def local_program(spec: LaunchSpec, programs: Programs) -> Installed:
    """Describe a command that is not a package command.

    Raises:
        BadInput: the program does not exist.
    """
    program = _find(spec, programs)
    files = [path for path in (Path(text) for text in spec.args) if path.is_absolute() and _is_host_file(path)]
    shown = [*_program_folders(program), *(_project_of(path) for path in files)]
    # A script without a package is named by its bytes: an edit makes another server.
    packages = [(path.name, "", _sha256(path)) for path in (program.resolve(), *files) if path.is_file()]
    return Installed(
        argv=(str(program), *spec.args),
        root="",
        read_only=tuple(sorted({str(path) for path in shown if not _is_everywhere(path)})),
        interpreter=python_interpreter() if "python" in program.name else program.name,
        packages=tuple(sorted((*packages, *_environment_packages(program)))),
        source=program.name,
    )


def _find(spec: LaunchSpec, programs: Programs) -> Path:
    if Path(spec.command).name in ("node",) and "/" not in spec.command and programs.node:
        return programs.node
    found = shutil.which(spec.command)
    # A version manager's `python` is a script that looks for its
    # shims in a home folder, which the sandbox does not show.
    if Path(spec.command).name in ("python", "python3") and "/" not in spec.command and not _is_binary(found):
        found = sys.executable
    if not found:
        raise BadInput(
            f"server {spec.server_id!r}: the program {spec.command!r} was not found; install it or name its full path"
        )
    return Path(found).absolute()


def _is_binary(path: str | None) -> bool:
    if not path:
        return False
    with Path(path).resolve().open("rb") as stream:
        return stream.read(len(_ELF)) == _ELF


def _is_host_file(path: Path) -> bool:
    return not path.is_relative_to(WORKSPACE) and path.exists()


def _program_folders(program: Path) -> list[Path]:
    """The folders of the program and of what it links to: a virtual environment and its interpreter, for instance."""
    return [_prefix(program), _prefix(program.resolve())]


def _prefix(program: Path) -> Path:
    folder = program.parent
    prefix = folder.parent if folder.name in ("bin", "Scripts") else folder
    return program if _is_too_wide(prefix) else prefix


def _project_of(path: Path) -> Path:
    """The folder that a script belongs to: the nearest with a project file, else its own; a folder is itself."""
    folder = path if path.is_dir() else path.parent
    # A few levels only: a project file far up would show half of the disk to the server.
    for candidate in (folder, *list(folder.parents)[:_LEVELS]):
        if _is_too_wide(candidate):
            break
        if any((candidate / marker).exists() for marker in _MARKERS):
            return candidate
    return path if _is_too_wide(folder) else folder


def _is_too_wide(folder: Path) -> bool:
    return folder in (Path("/"), Path.home(), Path.home().parent, Path("/tmp"), Path("/etc"), Path("/var"))


def _is_everywhere(path: Path) -> bool:
    return path.is_relative_to("/usr") or path.is_relative_to("/bin") or path.is_relative_to("/lib")


def _environment_packages(program: Path) -> tuple[tuple[str, str, str], ...]:
    root = program.parent.parent
    if not (root / "pyvenv.cfg").is_file():
        return ()
    return tuple(package for site in (root / "lib").glob("python*/site-packages") for package in python_packages(site))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
