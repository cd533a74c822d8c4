"""Tasks whose prompt leaves something open, played over gRPC: whoever asks is told, whoever does not is not."""

import json
from dataclasses import replace

import pytest
from firefly_client import AsyncClient, is_question, run_episode
from hypothesis import given
from hypothesis import strategies as st

from cli.dataset.formats.writing import write_format
from cli.dataset.reading import read_tasks
from cli.dataset.selection import Gathered
from cli.dataset.writing import Run, write_dataset
from cli.distinct import Candidate
from cli.playing.agents import EmptyAgent, ReferenceAgent
from cli.playing.openai_agent import OpenAiAgent
from cli.playing.playing import play_all
from shared.model.tasks import HeldBack
from shared.proof.asking import asks
from tests.fakes import dataset, office
from tests.fakes.simulator import serving
from tests.unit.cli.test_playing import ScriptedModel

OPEN, RECORDINGS = dataset.open_task()
FACT = OPEN.task.held_back[0].said


def exported(folder, *more):
    recordings = [*RECORDINGS, *dataset.more_recordings()]
    worlds = dataset.world_folders(folder / "worlds-of-export")
    gathered = Gathered([OPEN, *more], recordings, office.servers(), office.tools(), worlds=worlds)
    write_dataset(gathered, folder / "out", Run(seed=7, epoch_size=64, draws=10), [("draws", 10)])
    return read_tasks(folder / "out")[0]


async def played(tmp_path, agent, row=None):
    async with serving(tmp_path, OPEN) as simulator, AsyncClient(simulator.target) as client:
        (one,) = await play_all(client, agent, [OPEN.task.task_id], {row.task_id: row} if row else {})
    return one


async def test_export_carries_the_script_and_the_reference_asks(tmp_path):
    row = exported(tmp_path)
    assert row.held_back == OPEN.task.held_back
    assert row.told.endswith(FACT)
    assert FACT not in json.dumps(row.row["prompt"])
    assert (await played(tmp_path, ReferenceAgent(), row)).reward == 1.0
    assert (await played(tmp_path / "empty", EmptyAgent(), row)).reward == 0.0


def test_loops_without_a_user_get_no_such_task(tmp_path):
    exported(tmp_path, dataset.order_task(" Please.", 2)[0])
    written = {form: write_format(tmp_path / "out", form, tmp_path / form) for form in ("nemo-gym", "xlam", "jsonl")}
    assert written == {"nemo-gym": 1, "xlam": 2, "jsonl": 2}
    asked = (tmp_path / "xlam" / "train.jsonl").read_text(encoding="utf-8")
    assert asked.count(FACT) == 1


async def test_user_that_tells_something_else_costs_the_reference_its_reward(tmp_path):
    row = exported(tmp_path)
    other = replace(row, held_back=(HeldBack("order", "A-18", "I mean order A-18."),))
    assert (await played(tmp_path, ReferenceAgent(), other)).reward == 0.0


async def test_nothing_that_an_agent_or_a_reader_is_given_tells_the_fact(tmp_path):
    async with serving(tmp_path, OPEN) as simulator, AsyncClient(simulator.target) as client:
        task = await client.task(OPEN.task.task_id)
        async with await client.episode(OPEN.task.task_id) as episode:
            shown = f"{task} {episode.start}"
            said = [
                await episode.user_turn(text, name) for text, name in (("Hm.", "a"), ("Which?", "b"), ("Which?", "b"))
            ]
            late = await episode.user_turn("And which region?")
    assert FACT not in shown
    assert "A-17" not in shown
    assert [turn.text == FACT for turn in said] == [False, True, True]
    assert [turn.turns for turn in said] == [1, 2, 2]
    assert "nothing to add" in late.text


def calling(*calls):
    made = [
        {"id": f"t{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for at, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": "", "tool_calls": made}


def knowing(messages):
    """A policy that asks, and looks up what it was told."""
    heard = [message["content"] for message in messages if message["role"] == "user"][1:]
    if not heard:
        return {"role": "assistant", "content": "Which order is it about?"}
    if messages[-1]["role"] == "user":
        order = heard[0].removesuffix(".").split()[-1]
        return calling(("desk-find_order", {"order_id": order}))
    found = messages[-1]["content"] == "order A-17"
    return {"role": "assistant", "content": '{"total": 25.6, "items": 3}' if found else "no such order"}


async def test_policy_that_asks_is_told_and_solves_it(tmp_path):
    async def ask(messages, tools):
        return knowing(messages)

    async with serving(tmp_path, OPEN) as simulator:
        rollout = await run_episode(ask, "m", OPEN.task.task_id, simulator=simulator.target)
    assert [message["role"] for message in rollout.messages] == ["system", "user", "assistant", "user", "assistant",
                                                                 "tool", "assistant"]  # fmt: skip
    assert rollout.messages[3]["content"] == FACT
    assert (rollout.reward, rollout.calls) == (1.0, 1)


@pytest.mark.parametrize("last", ["I do not know.", "Is it {}?", '{"total": 1, "items": 1}'])
async def test_message_that_does_not_ask_ends_the_rollout(tmp_path, last):
    async def ask(messages, tools):
        return {"role": "assistant", "content": last}

    async with serving(tmp_path, OPEN) as simulator:
        rollout = await run_episode(ask, "m", OPEN.task.task_id, simulator=simulator.target)
    assert (rollout.turns, rollout.reward) == (1, 0.0)


async def test_policy_that_asks_on_and_on_ends_with_its_turns(tmp_path):
    async def ask(messages, tools):
        return {"role": "assistant", "content": "And?"}

    async with serving(tmp_path, OPEN) as simulator:
        rollout = await run_episode(ask, "m", OPEN.task.task_id, simulator=simulator.target, max_turns=4)
    assert (rollout.turns, rollout.verdict.outcome, rollout.messages[-1]["role"]) == (4, "unparsable", "assistant")


async def test_model_of_an_evaluation_asks_its_user(tmp_path):
    order = [("desk-find_order", '{"order_id": "A-17"}')]
    model = ScriptedModel("Which order?", order, '{"total": 25.6, "items": 3}')
    model.close = _closed
    one = await played(tmp_path, OpenAiAgent(model, "m"))
    assert one.reward == 1.0
    assert model.asked[1]["messages"][-1] == {"role": "user", "content": FACT}


async def _closed():
    return None


def test_same_prompt_about_something_else_is_another_question():
    first, same = Candidate.of(OPEN.task), Candidate.of(replace(OPEN.task, task_id="task_same"))
    fact = HeldBack("order", "A-18", "Sorry, I mean order A-18.")
    other = Candidate.of(replace(OPEN.task, task_id="task_other", held_back=(fact,)))
    assert first.question == same.question != other.question


@given(st.text(max_size=40) | st.sampled_from(["Which?", "tell me more", "Let me know.", "specified", "{?}", "\uff1f"]))
def test_client_and_user_agree_on_what_asks(text):
    assert is_question(text) is (asks(text) and "{" not in text)
