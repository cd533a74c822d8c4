"""Install each server once, with the network and without a world; what runs later is the installed program itself.

An install lies in `CACHE/servers/<key>`; its manifest is written last, by rename, so a folder without one is a failed
or interrupted install and is made anew. Processes that want the same server wait for one another on a file lock.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from shared.model.catalogue import FailureClass
from shared.model.errors import BadInput
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.installed import (
    NODE_ROOT,
    SERVER_ROOT,
    Installed,
    node_packages,
    python_interpreter,
    python_packages,
)
from shared.runtime.servers.local_commands import local_program
from shared.runtime.servers.package_commands import PackageCommand, PackageKind, npm_program, package_command
from shared.runtime.servers.programs import Programs, host_environment
from shared.runtime.servers.spec import LaunchSpec

_MANIFEST = "installed.json"
_LAYOUT = 1
"""Raised when what an install looks like changes."""
_TAIL = 400
Progress = Callable[[str, str], None]
"""Called with (server id, what is being done now)."""


class Installer:
    """Installs servers into a cache folder that several processes share."""

    def __init__(self, cache: Path, programs: Programs, timeout_seconds: float = 900, at_once: int = 3) -> None:
        self._cache, self._programs, self._timeout = cache / "servers", programs, timeout_seconds
        self._slots = asyncio.Semaphore(at_once)

    async def install(self, spec: LaunchSpec, progress: Progress = lambda _server, _doing: None) -> Installed:
        """Return the installed server, installing it when it is not there yet.

        Raises:
            StartFailed: `install_failed` or `bad_spec`, with the client's last words.
        """
        try:
            command = package_command(spec)
            if command.kind is PackageKind.NONE:
                return local_program(spec, self._programs)
            return await self._from_cache(spec, command, progress)
        except BadInput as error:
            raise StartFailed(FailureClass.BAD_SPEC, str(error)) from error
        except OSError as error:
            raise StartFailed(FailureClass.INSTALL_FAILED, f"{self._cache}: {error}") from error

    def is_installed(self, spec: LaunchSpec) -> bool:
        """Say whether starting it needs no network.

        Raises:
            BadInput: the command line names no package that could be installed.
        """
        command = package_command(spec)
        return command.kind is PackageKind.NONE or (self._folder(command) / _MANIFEST).is_file()

    def _folder(self, command: PackageCommand) -> Path:
        # An install belongs to its interpreter: after an update of Python or Node it is made anew.
        runtime = python_interpreter() if command.kind is PackageKind.PYTHON else f"node {self._programs.node_version}"
        asked: list[Any] = [_LAYOUT, command.kind, command.requirement, command.program, command.options, command.extra]
        key = hashlib.sha256(json.dumps([*asked, runtime]).encode()).hexdigest()[:16]
        name = "".join(char if char.isalnum() else "-" for char in command.program or command.requirement)[:40].strip(
            "-"
        )
        return self._cache / f"{name}-{key}"

    async def _from_cache(self, spec: LaunchSpec, command: PackageCommand, progress: Progress) -> Installed:
        folder = self._folder(command)
        installed = _read_manifest(folder)
        if installed is None:
            self._cache.mkdir(parents=True, exist_ok=True)
            progress(spec.server_id, "waiting")
            async with _locked(folder.with_name(f"{folder.name}.lock"), self._timeout), self._slots:
                installed = _read_manifest(folder) or await self._install_into(folder, spec, command, progress)
        progress(spec.server_id, "installed")
        return _with_args(installed, command.args)

    async def _install_into(
        self, folder: Path, spec: LaunchSpec, command: PackageCommand, progress: Progress
    ) -> Installed:
        await asyncio.to_thread(_make_anew, folder)
        progress(spec.server_id, f"installing {command.requirement}")
        client = self._with_uv if command.kind is PackageKind.PYTHON else self._with_npm
        installed = await client(folder, command)
        staged = folder / f"{_MANIFEST}.tmp"
        staged.write_text(installed.to_json(), encoding="utf-8")
        staged.rename(folder / _MANIFEST)
        return installed

    async def _with_uv(self, folder: Path, command: PackageCommand) -> Installed:
        if self._programs.uv is None:
            raise StartFailed(FailureClass.INSTALL_FAILED, "uv was not found; install it or name it in FIREFLY_UV")
        # Compiled now: the sandbox shows the install read-only, and every start would compile it again in memory.
        words = [str(self._programs.uv), "tool", "install", "--force", "--compile-bytecode", "--no-progress"]
        env = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
        asked = [*command.options, command.requirement]
        own = [] if {"--python", "-p"} & set(command.options) else ["--python", str(self._programs.python)]
        try:
            await self._run([*words, *own, *asked], env)
        except StartFailed as error:
            if not own or "python" not in error.text.lower():
                raise
            await self._run([*words, *asked], env)  # the package wants another Python than ours: let uv choose
        return await asyncio.to_thread(_describe_python, folder, command)

    async def _with_npm(self, folder: Path, command: PackageCommand) -> Installed:
        npm, node = self._programs.npm_script, self._programs.node
        if npm is None or node is None:
            raise StartFailed(FailureClass.INSTALL_FAILED, "Node was not found; install it or name it in FIREFLY_NODE")
        words = [str(node), str(npm), "install", "--prefix", str(folder), "--omit=dev", "--no-audit", "--no-fund"]
        path = f"{node.parent}{os.pathsep}{host_environment().get('PATH', os.defpath)}"
        await self._run([*words, "--loglevel=error", command.requirement, *command.extra], {"PATH": path})
        version = (await self._run([str(node), "--version"], {})).strip()
        return await asyncio.to_thread(_describe_node, folder, command, f"node {version}")

    async def _run(self, words: Sequence[str], env: dict[str, str]) -> str:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=dict(host_environment()) | env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # uv and npm start children: only as a group does a time-out end all of them.
            start_new_session=True,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), self._timeout)
        except TimeoutError:
            raise StartFailed(
                FailureClass.INSTALL_FAILED, f"no end after {self._timeout:.0f} s; try again or use a nearer mirror"
            ) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        text = output.decode("utf-8", "replace")
        if process.returncode:
            tail = " ".join(text.split())[-_TAIL:]
            raise StartFailed(FailureClass.INSTALL_FAILED, tail or f"exit code {process.returncode}")
        return text


def _make_anew(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


@contextlib.asynccontextmanager
async def _locked(path: Path, timeout_seconds: float) -> AsyncIterator[None]:
    with path.open("w") as lock:
        waited = 0.0
        while True:
            try:
                # Polled: a blocking flock sits in a thread that no time-out and no cancellation can end.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited > timeout_seconds:
                    text = f"another process has been installing it for {waited:.0f} s; wait for it or end it"
                    raise StartFailed(FailureClass.INSTALL_FAILED, text) from None
                await asyncio.sleep(0.2)
                waited += 0.2
        yield


def _read_manifest(folder: Path) -> Installed | None:
    try:
        installed = Installed.from_json((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_whole = all(Path(path).exists() for path in installed.read_only)  # an interpreter may have been removed
    return installed if is_whole else None


def _with_args(installed: Installed, args: Sequence[str]) -> Installed:
    return Installed(
        (*installed.argv, *args),
        installed.root,
        installed.read_only,
        installed.interpreter,
        installed.packages,
        installed.source,
        installed.licence,
    )


def _describe_python(folder: Path, command: PackageCommand) -> Installed:
    # uv names the folder after the package as it is published, which may be spelt differently from what was asked for.
    (tool,) = (item for item in (folder / "tools").iterdir() if item.is_dir() and not item.name.startswith("."))
    program = tool / "bin" / command.program
    if not program.exists():
        there = ", ".join(sorted(item.name for item in (folder / "bin").iterdir())) or "none"
        raise BadInput(f"package {command.requirement} has no program {command.program!r}; it has {there}")
    settings = dict(line.split(" = ", 1) for line in (tool / "pyvenv.cfg").read_text().splitlines() if " = " in line)
    home = Path(settings["home"]).resolve()
    packages = python_packages(next((tool / "lib").glob("python*/site-packages")))
    name = tool.name.lower().replace("_", "-")
    version = next((version for package, version, _ in packages if package == name), "")
    relative = tool.relative_to(folder)
    return Installed(
        # Through its interpreter: the script's first line names the folder of the cache, which does not exist inside.
        argv=(f"{SERVER_ROOT}/{relative}/bin/python", f"{SERVER_ROOT}/{relative}/bin/{command.program}"),
        root=str(folder),
        read_only=(str(home.parent),),
        interpreter=f"{settings.get('implementation', 'CPython')} {settings.get('version_info', '')}",
        packages=packages,
        source=f"{tool.name} {version}".strip(),
        licence=_python_licence(tool, name),
    )


def _python_licence(tool: Path, name: str) -> str:
    for metadata in (tool / "lib").glob("python*/site-packages/*.dist-info/METADATA"):
        if metadata.parent.name.lower().replace("_", "-").startswith(f"{name}-"):
            lines = metadata.read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0].splitlines()
            for field in ("License-Expression: ", "License: ", "Classifier: License :: OSI Approved :: "):
                if found := next((line.removeprefix(field) for line in lines if line.startswith(field)), ""):
                    return found[:80]
    return ""


def _describe_node(folder: Path, command: PackageCommand, interpreter: str) -> Installed:
    requested = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    name = next((name for name in requested if command.requirement.startswith(name)), next(iter(requested)))
    package = json.loads((folder / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
    script = npm_program(package, command.program)
    licence = package.get("license", "")
    return Installed(
        argv=(f"{NODE_ROOT}/bin/node", os.path.normpath(f"{SERVER_ROOT}/node_modules/{name}/{script}")),
        root=str(folder),
        read_only=(),
        interpreter=interpreter,
        packages=node_packages(folder),
        source=f"{name} {package.get('version', '')}".strip(),
        licence=str(licence)[:80] if isinstance(licence, str) else "",
    )
