"""The `firefly` command: commands are loaded when they are called, errors are one sentence, exit codes mean something."""

import importlib
import sys
from collections.abc import Mapping
from enum import IntEnum

import click

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
    "eval": ("cli.eval", "play an agent against a dataset's simulator"),
    "sim": ("cli.sim", "serve a snapshot over gRPC, without Kafka"),
    "dlq": ("cli.dlq", "look at dead letters"),
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
    """Imports a command's module only when it is called: `firefly --help` stays quick, a missing extra harms no other."""

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
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line; whatever a person can mend becomes one sentence on stderr."""
    try:
        result = firefly.main(arguments, prog_name="firefly", standalone_mode=False)
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.BAD_INPUT
    except click.ClickException as error:
        return _say(error.format_message(), ExitCode.BAD_INPUT, hint=isinstance(error, click.UsageError))
    except BadInput as error:
        return _say(str(error), ExitCode.BAD_INPUT)
    except Unavailable as error:
        return _say(str(error), ExitCode.UNAVAILABLE)
    except FireflyError as error:
        return _say(str(error), ExitCode.FAILED)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.OK
    return result if isinstance(result, int) else ExitCode.OK


def _say(sentence: str, code: ExitCode, hint: bool = False) -> int:
    advice = "; see `firefly --help`" if hint else ""
    click.echo(f"firefly: {sentence.rstrip('.')}{advice}", err=True)
    return code


if __name__ == "__main__":
    main()
