"""Runs the conformance suite and the examples against the real frameworks, each in an environment of its own.

    python examples/trainers/run.py [--skip NAME,NAME] [NAME ...]

Each framework gets a folder under .firefly/trainers with the packages of its requirements.txt and the client's wheel.
What is skipped is skipped by name and said so; anything else that does not run is a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACE = ROOT / ".firefly" / "trainers"
SUITE = PLACE / "made" / "suite"
SECONDS = 3600


@dataclass(frozen=True)
class Framework:
    """One environment."""

    name: str
    python: str = "3.11"
    suites: tuple[str, ...] | None = None
    """Modules of `conformance.real` to run the suite with; by default the one of its name."""


FRAMEWORKS = (
    Framework("openai"),
    Framework("openenv", suites=("openenv", "openenv_server")),
    Framework("verifiers"),
    Framework("datasets", suites=()),
    Framework("nemo_gym", "3.12"),
    Framework("skyrl", "3.12"),
    Framework("trl"),
    Framework("verl", "3.12"),
)


def main() -> int:
    """Run what was asked for; 1 when something failed."""
    names = [framework.name for framework in FRAMEWORKS]
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help=f"Of {', '.join(names)}; by default all.")
    parser.add_argument("--skip", default="", help="Names, with commas between them.")
    parser.add_argument("--python312", default="3.12", help="Python 3.12, where uv cannot find or fetch it by itself.")
    asked = parser.parse_args()
    skipped = {name for name in asked.skip.split(",") if name}
    unknown = {*asked.names, *skipped} - set(names)
    if unknown:
        parser.error(f"there is no framework named {', '.join(sorted(unknown))}: there are {', '.join(names)}")
    uv = shutil.which("uv") or str(ROOT / ".firefly/make/uv/bin/uv")
    said = {}
    with prepared(uv) as ready:
        for framework in FRAMEWORKS:
            if framework.name in skipped:
                said[framework.name] = "SKIPPED, as asked"
            elif not asked.names or framework.name in asked.names:
                said[framework.name] = "passed" if run(framework, uv, ready, asked.python312) else "FAILED"
    print("\n".join(f"{name:10} {text}" for name, text in said.items()))
    return int("FAILED" in said.values())


@dataclass(frozen=True)
class Ready:
    """What every framework needs."""

    wheel: Path
    export: Path
    target: str
    """Serves the suite's tasks."""
    export_target: str
    """Serves the export."""


@contextmanager
def prepared(uv: str) -> Iterator[Ready]:
    """Build the client's wheel, write the suite's data, serve it."""
    made = PLACE / "made"
    shutil.rmtree(made, ignore_errors=True)
    SUITE.mkdir(parents=True)
    # By itself on the path: beside it lies the client's source, which would be taken for the wheel that is tested.
    (SUITE / "conformance").symlink_to(ROOT / "clients/python/conformance")
    call([uv, "build", "-q", "--wheel", str(ROOT / "clients/python"), "-o", str(made)])
    write = (
        "from pathlib import Path; from tests.fakes import awkward, export; import sys; place = Path(sys.argv[1]); "
        "awkward.write(place / 'awkward'); awkward.write_export(place / 'refusals'); "
        "export.write_export(place / 'export')"
    )
    (made / "awkward").mkdir()
    call([sys.executable, "-c", write, str(made)])
    wheel = next(made.glob("*.whl"))
    with serving(made / "awkward" / "snapshot") as target, serving(made / "export") as export_target:
        yield Ready(wheel, made / "export", target, export_target)


def run(framework: Framework, uv: str, ready: Ready, python312: str) -> bool:
    """Make a framework's environment; run the suite, then its examples."""
    print(f"== {framework.name}", flush=True)
    python = PLACE / framework.name / "bin" / "python"
    requirements = HERE / framework.name / "requirements.txt"
    try:
        if not python.exists():
            wanted = python312 if framework.python == "3.12" else framework.python
            call([uv, "venv", "-q", "--python", wanted, str(PLACE / framework.name)])
        install = [uv, "pip", "install", "-q", "--python", str(python), "-r", str(requirements)]
        call([*install, "--reinstall-package", "firefly-client", str(ready.wheel)])
        for suite in (framework.name,) if framework.suites is None else framework.suites:
            call([str(python), "-m", "conformance.run", suite, "--target", ready.target])
        for command in examples(framework.name, str(python), ready):
            call(command)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{framework.name}: {error}", flush=True)
        return False
    return True


def examples(name: str, python: str, ready: Ready) -> list[list[str]]:
    """List the examples of a framework that run without a GPU."""
    if name == "trl":
        train = [python, str(HERE / "trl/train.py"), "--target", ready.export_target, "--export", str(ready.export)]
        return [[*train, "--steps", "2", "--reference-share", "1"], [*train, "--steps", "3"]]
    if name == "datasets":
        exports = (ready.export, ready.export.with_name("refusals"))
        return [[python, str(HERE / "datasets/load.py"), str(export)] for export in exports]
    return []


@contextmanager
def serving(snapshot: Path) -> Iterator[str]:
    """Serve a snapshot on a free port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "cli", "sim", "serve", "--snapshot", str(snapshot), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a port answers."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("the simulator did not start")


def call(command: list[str]) -> None:
    """Run a command with the suite and the repository importable."""
    paths = os.pathsep.join([str(SUITE), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
    subprocess.run(command, check=True, env=env, cwd=ROOT, timeout=SECONDS)


if __name__ == "__main__":
    sys.exit(main())
