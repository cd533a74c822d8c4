"""`firefly up` with stand-ins for the services: `python -m tests.e2e.fake_up OPTIONS`."""

import os
import sys

import cli.up
from cli.__main__ import main
from cli.running.roster import ServiceSpec
from cli.running.run import run as real_run

MODULE = "tests.e2e.fake_pipeline"


def roster() -> tuple[ServiceSpec, ...]:
    troubled, _, trouble = os.environ.get("FAKE_TROUBLED", "").partition("=")
    return tuple(
        ServiceSpec(
            role,
            MODULE,
            {"FAKE_ROLE": role, "FAKE_TROUBLE": trouble if role == troubled else ""},
            draws=role == "sampler",
        )
        for role in ("crawler", "sampler", "explorer", "verifier")
    )


def faked(*arguments, **options):
    return real_run(*arguments, **{**options, "roster": roster()})


if __name__ == "__main__":
    cli.up.run = faked
    sys.argv[1:1] = ["up"]
    main()
