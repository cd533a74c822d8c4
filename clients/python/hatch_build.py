"""Compiles the contracts into the wheel, with the oldest generator we support.

Generated code refuses a runtime older than its generator: output of grpcio-tools 1.76 imports on protobuf 6.31.1 to
7.x.
"""

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before the wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile from the source distribution's copy of the contracts, or from the repository's."""
        if self.target_name != "wheel":
            return
        from importlib.resources import files

        from grpc_tools import protoc

        source = next(place for place in (HERE / "protos", HERE.parents[1] / "protos") if place.is_dir())
        target = HERE / "gen"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        arguments = [
            "protoc",
            f"-I{source}",
            f"-I{files('grpc_tools') / '_proto'}",
            f"--python_out={target}",
            f"--pyi_out={target}",
            f"--grpc_python_out={target}",
            *sorted(str(path) for path in (source / "firefly").rglob("*.proto")),
        ]
        if protoc.main(arguments) != 0:
            raise SystemExit("the contracts do not compile: see the lines above")
