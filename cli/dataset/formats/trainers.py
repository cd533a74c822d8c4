"""Rows as each trainer wants them; the simulator is asked for tools and rewards, the rows say which task."""

import json
from collections.abc import Mapping
from typing import Any

from firefly_client.adapters.trl import tool_set_name
from firefly_client.naming import SUBMIT, TAKEN_BY_NEMO_GYM, Names

from cli.dataset.formats.fields import Fields, elements, members, value

SOURCE = "firefly"
ABILITY = "tool_use"


def trl_row(fields: Fields) -> dict[str, Any]:
    """Prompt-only form, for `FireflyTasks(...).environment_factory`."""
    functions = [tool["function"] for tool in value(fields, "tools")]
    tools = [(one["name"], one["description"], one["parameters"]) for one in functions]
    return {
        "prompt": value(fields, "prompt"),
        "task_id": value(fields, "task_id"),
        "environment": tool_set_name(tools),
        "difficulty": value(fields, "difficulty"),
        "ground_truth": fields["ground_truth"],
    }


def verl_row(fields: Fields, index: int) -> dict[str, Any]:
    """For `firefly_client.adapters.verl`; ground truth is a string, since Arrow would give every row every key."""
    return {
        "data_source": SOURCE,
        "prompt": value(fields, "prompt"),
        "ability": ABILITY,
        "reward_model": {"style": "rule", "ground_truth": fields["ground_truth"]},
        "extra_info": {**_extra(fields, index), "need_tools_kwargs": False},
        "agent_name": "firefly_agent",
    }


def skyrl_row(fields: Fields, index: int) -> dict[str, Any]:
    """For `firefly_client.adapters.skyrl`."""
    return {
        "data_source": SOURCE,
        "prompt": value(fields, "prompt"),
        "env_class": "firefly",
        "reward_spec": {"method": "rule", "ground_truth": fields["ground_truth"]},
        "extra_info": _extra(fields, index),
    }


def nemo_gym_row(fields: Fields) -> str:
    """One line for `firefly_client.adapters.nemo_gym`, Responses form."""
    names = Names([*value(fields, "tool_name_map"), SUBMIT], taken=TAKEN_BY_NEMO_GYM)
    submit = members(members(fields["answer_format"])["submit_tool"])["function"]
    functions = [members(members(tool)["function"]) for tool in elements(fields["tools"])]
    tools = [_responses_tool(function, names) for function in (*functions, members(submit))]
    params = f'{{"input": {fields["prompt"]}, "tools": [{", ".join(tools)}], "parallel_tool_calls": false}}'
    agent = json.dumps({"type": "responses_api_agents", "name": "firefly_agent"})
    parts = {
        "task_id": fields["task_id"],
        "responses_create_params": params,
        "ground_truth": fields["ground_truth"],
        "agent_ref": agent,
        **{name: fields[name] for name in ("pass_rate", "pass_rate_total", "pass_rate_passed", "difficulty")},
    }
    return _object(parts)


def xlam_row(fields: Fields, index: int) -> dict[str, Any]:
    """The function-calling form of xLAM; `answers` are the reference calls, in order."""
    offered = {(one["server"], one["tool"]): name for name, one in value(fields, "tool_name_map").items()}
    answers = []
    for text in elements(fields["reference"]):
        call = members(text)
        name = offered[json.loads(call["server"]), json.loads(call["tool"])]
        answers.append(_object({"name": json.dumps(name), "arguments": call["arguments"]}))
    tools = [_xlam_tool(tool["function"]) for tool in value(fields, "tools")]
    return {
        "id": index,
        "task_id": value(fields, "task_id"),
        # These rows have one turn: what a prompt leaves open is told at once.
        "query": " ".join((value(fields, "prompt")[-1]["content"], *(fact["said"] for fact in _held_back(fields)))),
        "answers": "[" + ", ".join(answers) + "]",
        "tools": json.dumps(tools, ensure_ascii=False),
    }


def _held_back(fields: Fields) -> Any:
    return value(fields, "held_back") if "held_back" in fields else ()


def _extra(fields: Fields, index: int) -> dict[str, Any]:
    return {
        "split": value(fields, "split"),
        "index": index,
        "task_id": value(fields, "task_id"),
        "difficulty": value(fields, "difficulty"),
        "answer_schema": fields["answer_schema"],
    }


def _responses_tool(function: Fields, names: Names) -> str:
    return _object(
        {
            "type": '"function"',
            "name": json.dumps(names.there(json.loads(function["name"]))),
            "description": function["description"],
            "parameters": function["parameters"],
            "strict": "false",
        }
    )


def _xlam_tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = function["parameters"] if isinstance(function["parameters"], dict) else {}
    needed = schema.get("required") or ()
    properties = schema.get("properties") or {}
    parameters = {
        name: {
            "type": json.dumps(one["type"]) if isinstance(one.get("type"), list) else one.get("type", "any"),
            "description": one.get("description", ""),
            **({"default": one["default"]} if "default" in one else {}),
            "required": name in needed,
        }
        for name, one in properties.items()
        if isinstance(one, dict)
    }
    return {"name": function["name"], "description": function["description"], "parameters": parameters}


def _object(parts: Fields) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in parts.items()) + "}"
