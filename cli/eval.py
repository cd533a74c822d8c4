"""`firefly eval`: play an agent against a dataset's simulator, over gRPC."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import click
from firefly_client import AsyncClient, SimulatorError

from cli.dataset.reading import TaskRow, read_tasks
from cli.playing.agents import Agent, ConstantAgent, EmptyAgent, ReferenceAgent, TellingAgent
from cli.playing.over_mcp import OverMcp
from cli.playing.playing import Played, Summary, own_simulator, play_all, sum_up
from shared.model.errors import BadInput, Unavailable
from shared.runtime.settings import ModelSettings

AGENTS = ("reference", "telling", "empty", "constant", "openai")
SHOWN = 10


@click.command("eval")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--target", help="A running simulator, host:port.  [default: one started on FOLDER's snapshot]")
@click.option("--agent", type=click.Choice(AGENTS), default="reference", show_default=True, help="Who plays.")
@click.option("--model", default="", help="Model name for the openai agent.  [default: FIREFLY_MODEL]")
@click.option("--limit", type=click.IntRange(1), help="Play the first tasks only.")
@click.option("--mcp", is_flag=True, help="Call the tools over the simulator's MCP facade.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def eval_command(folder: Path | None, target: str | None, as_json: bool, **options: str | int | bool | None) -> None:
    """Play every task of the export in FOLDER, or of the simulator at --target, with an agent.

    The openai agent takes OPENAI_BASE_URL and OPENAI_API_KEY from the environment. Exit code 3 when nothing was scored.

    \b
    Examples:
      firefly eval out/mine --agent reference
      OPENAI_BASE_URL=http://127.0.0.1:8000/v1 firefly eval out/mine --agent openai --model my-model
    """  # noqa: D301
    if folder is None and target is None:
        raise BadInput("give an export's folder, or --target host:port of a running simulator")
    limit = options["limit"]
    name = str(options["agent"])
    rows = read_tasks(folder) if folder else []
    agent = make_agent(name, rows, str(options["model"]))
    if options["mcp"]:
        agent = OverMcp(agent)
    rollouts = asyncio.run(evaluate(folder, target, agent, rows, int(limit) if limit else None))
    summary = sum_up(name, rollouts)
    if as_json:
        click.echo(json.dumps(asdict(summary), sort_keys=True))
    else:
        _say(summary, rollouts)
    if rollouts and summary.unscored == summary.tasks:
        raise Unavailable(f"no task could be scored: {rollouts[0].text}")


def make_agent(name: str, rows: Sequence[TaskRow], model: str = "") -> Agent:
    """Make an agent by name.

    Raises:
        BadInput: the agent needs something that was not given.
    """
    if name in ("reference", "telling", "constant") and not rows:
        raise BadInput(f"the {name} agent needs the export: give its folder")
    if name == "openai":
        return _openai_agent(ModelSettings(), model)
    if name == "constant":
        return ConstantAgent(rows)
    if name == "telling":
        return TellingAgent()
    return ReferenceAgent() if name == "reference" else EmptyAgent()


def _openai_agent(settings: ModelSettings, model: str) -> Agent:
    if not settings.openai_base_url:
        raise BadInput("the openai agent needs OPENAI_BASE_URL: set it to an OpenAI-compatible endpoint")
    # One agent of four needs it, and its import costs more than an evaluation without a model.
    import openai

    from cli.playing.openai_agent import OpenAiAgent

    client = openai.AsyncOpenAI(
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key.get_secret_value(),
        timeout=settings.model_timeout_seconds,
    )
    return OpenAiAgent(client, model or settings.model)


async def evaluate(
    folder: Path | None, target: str | None, agent: Agent, rows: Sequence[TaskRow], limit: int | None = None
) -> list[Played]:
    """Play an agent over an export's tasks, or over all tasks of a running simulator; close the agent.

    Raises:
        BadInput: the snapshot cannot be used.
        Unavailable: the simulator does not answer.
    """
    by_id: Mapping[str, TaskRow] = {row.task_id: row for row in rows}
    async with AsyncExitStack() as resources:
        resources.push_async_callback(agent.close)
        if target is None:
            own = own_simulator(folder or Path(), with_mcp=isinstance(agent, OverMcp))
            target = await resources.enter_async_context(own)
        client = await resources.enter_async_context(AsyncClient(target))
        try:
            task_ids = list(by_id) or [task_id async for task_id in client.task_ids()]
        except SimulatorError as error:
            raise Unavailable(f"the simulator at {target} does not answer: {error}") from error
        return await play_all(client, agent, task_ids[:limit], by_id)


def _say(summary: Summary, rollouts: Sequence[Played]) -> None:
    outcomes = ", ".join(f"{name} {many}" for name, many in summary.outcomes.items())
    tiers = ", ".join(f"{name} {many}" for name, many in summary.tiers.items()) or "none"
    click.echo(f"{summary.agent}: mean reward {summary.mean_reward:.3f} over {summary.tasks} tasks ({outcomes})")
    click.echo(f"calls answered: {tiers}; unscored: {summary.unscored}")
    if summary.agent != "reference":
        return
    for rollout in [rollout for rollout in rollouts if rollout.reward != 1.0][:SHOWN]:
        click.echo(f"{rollout.task_id}: {rollout.outcome}: {rollout.text}", err=True)
