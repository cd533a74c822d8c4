"""Compiles `protos/` to `protos/gen/` whenever the project is installed; `make protos` calls the same function.

Generated with the oldest toolchain we support, because generated code refuses a runtime older than its generator:
output of grpcio-tools 1.76 imports on protobuf 6.31.1 to 7.x.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


def compile_protos(root: Path = ROOT, out: Path | None = None) -> None:
    """Compile every contract; raises SystemExit with protoc's own message when one does not compile."""
    from importlib.resources import files

    from grpc_tools import protoc

    source, target = root / "protos", out or root / "protos" / "gen"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    protos = sorted(str(path) for path in (source / "firefly").rglob("*.proto"))
    arguments = [
        "protoc",
        f"-I{source}",
        f"-I{files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        *protos,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protos/ does not compile: see the lines above")


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before the wheel or the editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and let the wheel carry what was compiled."""
        compile_protos()


if __name__ == "__main__":
    sys.exit(compile_protos())
