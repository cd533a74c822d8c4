"""Agents: the reference derives from what it was told, the constant knows nothing, a model plays a tool loop."""

import json
from decimal import Decimal
from types import SimpleNamespace

import openai
import pytest
from firefly_client import AsyncClient

from cli.constant_answers import most_frequent
from cli.dataset.reading import read_tasks
from cli.eval import evaluate
from cli.playing.openai_agent import OpenAiAgent
from cli.playing.over_mcp import OverMcp
from cli.playing.playing import Played, play_all, sum_up
from shared.proof.canonical import parse_canonical
from tests.fakes.export import write_export
from tests.fakes.simulator import serving

FIRST, SECOND = '{"path": "orders/latest.txt"}', '{"order_id": "A-17"}'


class ScriptedModel:
    """The part of the SDK that the agent uses, answering by script."""

    def __init__(self, *turns):
        self._turns, self.asked = list(turns), []
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self._create))

    async def _create(self, **request):
        self.asked.append(json.loads(json.dumps(request)))
        turn = self._turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        calls = [
            SimpleNamespace(id=f"t{n}", function=SimpleNamespace(name=name, arguments=arguments))
            for n, (name, arguments) in enumerate(turn if isinstance(turn, list) else [])
        ]
        message = SimpleNamespace(content=None if calls else turn, tool_calls=calls or None)
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])


async def rollout(tmp_path, *turns):
    model = ScriptedModel(*turns)
    async with serving(tmp_path) as simulator, AsyncClient(simulator.target, timeout_seconds=10) as client:
        (played,) = await play_all(client, OpenAiAgent(model, "m"), [simulator.task.task_id], {})
    return played, model


@pytest.mark.parametrize(
    "last", [[("submit_answer", '{"total": 25.6, "items": 3}')], 'It is:\n```json\n{"total": 25.6, "items": 3}\n```']
)
async def test_model_calls_tools_sees_results_and_answers_either_way(tmp_path, last):
    played, model = await rollout(
        tmp_path, [("files-read_file", FIRST)], [("desk-find_order", SECOND), ("desk-find_order", "{oops")], last
    )
    assert (played.reward, dict(played.tiers)) == (1.0, {"exact": 2, "error": 1})
    history = model.asked[2]["messages"]
    assert [message["role"] for message in history] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "tool",
    ]
    assert history[3]["content"].startswith("order: A-17")
    assert json.loads(history[4]["tool_calls"][1]["function"]["arguments"]) == {"invalid": "{oops"}
    assert "submit_answer" in [tool["function"]["name"] for tool in model.asked[0]["tools"]]


async def test_absent_endpoint_leaves_the_rollout_unscored(tmp_path):
    played, _ = await rollout(tmp_path, openai.OpenAIError("gone"))
    assert (played.reward, played.outcome) == (None, "unscored")


async def test_model_that_never_answers_ends_with_its_turns(tmp_path):
    played, model = await rollout(tmp_path, *[[("files-list_files", "{}")]] * 12)
    assert (played.outcome, len(model.asked)) == ("unparsable", 12)


async def test_agent_error_that_is_no_infrastructure_is_not_swallowed(tmp_path):
    class Broken:
        async def play(self, episode, task):
            raise ZeroDivisionError

    async with serving(tmp_path) as simulator, AsyncClient(simulator.target) as client:
        with pytest.raises(ZeroDivisionError):
            await play_all(client, Broken(), [simulator.task.task_id], {})


@pytest.mark.parametrize("around", [lambda agent: agent, OverMcp], ids=["plain", "mcp"])
async def test_evaluation_closes_the_connections_of_its_agent(tmp_path, around):
    client = openai.AsyncOpenAI(base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
    async with serving(tmp_path) as simulator:
        (played,) = await evaluate(None, simulator.target, around(OpenAiAgent(client, "m")), [])
    assert played.outcome == "unscored"
    assert client.is_closed()


def test_unscored_rollouts_never_count_as_zero():
    rollouts = [
        Played("a", 1.0, "pass", {"exact": 2}),
        Played("b", None, "unscored", {}),
        Played("c", 0.0, "fail", {"exact": 1, "miss": 1}),
    ]
    summary = sum_up("reference", rollouts)
    assert (summary.mean_reward, summary.unscored, summary.tasks) == (0.5, 1, 3)
    assert (summary.tiers, summary.failed) == ({"exact": 3, "miss": 1}, ("b", "c"))
    assert sum_up("x", []).mean_reward == 0.0


def test_constant_is_the_most_frequent_value_of_each_type(tmp_path):
    write_export(tmp_path / "out", tasks=3)
    rows = read_tasks(tmp_path / "out")
    answered = [(row.answer_types, parse_canonical(row.ground_truth_json)) for row in rows]
    assert most_frequent(answered) == {"number": Decimal("25.6")}
