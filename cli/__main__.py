"""The `firefly` command: commands are loaded when called, errors are one sentence, exit codes mean something."""

import importlib
import logging
import sys
from collections.abc import Mapping
from enum import IntEnum

import click
import structlog

from shared.model.errors import BadInput, FireflyError, Unavailable


class ExitCode(IntEnum):
    """What a script can rely on; listed in `docs/cli.md`."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    UNAVAILABLE = 3
    INTERRUPTED = 130


COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("cli.up", "run the pipeline on a data folder, until Ctrl-C or a goal"),
    "down": ("cli.down", "stop the run on a data folder"),
    "status": ("cli.status", "show the funnel: what became of every draw, and why"),
    "demo": ("cli.demo", "from twelve MCP servers to 25 verified tasks, replayed and exported"),
    "world": ("cli.world", "build little companies to explore"),
    "tasks": ("cli.tasks", "list or follow verified tasks"),
    "export": ("cli.export", "write the dataset of a run to a folder"),
    "check": ("cli.check", "re-derive every label of a dataset, offline"),
    "audit": ("cli.audit", "look for what is wrong with a dataset: bytes, answers, shortcuts, wording"),
    "eval": ("cli.eval", "play an agent against a dataset's simulator"),
    "sim": ("cli.sim", "serve a snapshot over gRPC, without Kafka"),
    "snapshot": ("cli.snapshot", "make, list, show, compare and verify simulator snapshots"),
    "dlq": ("cli.dlq", "look at dead letters, put them back"),
    "doctor": ("cli.doctor", "name what this machine lacks"),
}

EPILOG = """\b
Exit codes: 0 done; 1 a check or a run failed; 2 bad input; 3 something needed does not answer; 130 interrupted.

\b
Examples:
  firefly demo
  firefly up --servers mcp.json --data .firefly/data --until 100
  firefly status --data .firefly/data
  firefly export out/mine --data .firefly/data && firefly check out/mine
"""


class LazyGroup(click.Group):
    """Imports a command's module when it is called: `firefly --help` is quick, a missing extra harms no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that holds the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        found = getattr(module, cmd_name, None) or getattr(module, f"{cmd_name}_command", None)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firefly")
def firefly() -> None:
    """Turn real MCP servers into verified tool-calling tasks, and serve them to agents, always the same."""


def main() -> None:
    """Run the command line and exit with an `ExitCode`."""
    _quieten()
    sys.exit(run(sys.argv[1:]))


CODES: Mapping[type[BaseException], ExitCode] = {
    click.exceptions.NoArgsIsHelpError: ExitCode.BAD_INPUT,
    click.ClickException: ExitCode.BAD_INPUT,
    BadInput: ExitCode.BAD_INPUT,
    Unavailable: ExitCode.UNAVAILABLE,
    FireflyError: ExitCode.FAILED,
    click.exceptions.Abort: ExitCode.INTERRUPTED,
    KeyboardInterrupt: ExitCode.INTERRUPTED,
    BrokenPipeError: ExitCode.OK,
}
"""The first one that fits; anything else is a bug and shows its traceback."""


def run(arguments: list[str]) -> int:
    """Run a command line; whatever a person can mend becomes one sentence on stderr."""
    try:
        result = firefly.main(arguments, prog_name="firefly", standalone_mode=False)
    except tuple(CODES) as error:
        if sentence := _sentence(error):
            click.echo(f"firefly: {sentence.rstrip('.')}", err=True)
        return next(code for kind, code in CODES.items() if isinstance(error, kind))
    return result if isinstance(result, int) else ExitCode.OK


def _quieten() -> None:
    """Libraries log; a command says what matters in its own words, and keeps stdout for its result."""
    logging.basicConfig(level=logging.CRITICAL)
    wrapper = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=wrapper, logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def _sentence(error: BaseException) -> str:
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "firefly"
        return f"{error.format_message().rstrip('.')}; see `{where} --help`"
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error) if isinstance(error, FireflyError) else ""


if __name__ == "__main__":
    main()
