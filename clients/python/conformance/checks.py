"""The checks. The simulator serves two tasks whose tools have awkward names and schemas (`tests/fakes/awkward.py`).

They offer the same tools and the same form of answer; one of them can only be refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from firefly_client import Client

from conformance.line import Line
from conformance.scripts import Call, Do, Raw, Say, Script, Seen, Step, Submit, Trainer

READ = Call("read_file", {"path": "orders/latest.txt"})
FIND = Call("find_order", {"order_id": "A-17"})
SEARCH = Call("search", {"from": "orders", "filter": {"names": [{"like": "A*"}]}})
UNKNOWN_FILE = Call("read_file", {"path": "orders/never-recorded.txt"})
ANSWER = {"total": 25.6, "items": 3}
WRONG = {"total": 1, "items": 1}
REFUSAL = {"cannot_answer": "no_record", "missing": "A-99"}
ANSWERS = [{"required": ["total", "items"]}, {"required": ["cannot_answer", "missing"]}]
"""The branches of the answer's schema; none of its properties is required by itself."""
NESTED = {
    "type": "object",
    "properties": {
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "names": {"type": "array", "items": {"type": "object", "properties": {"like": {"type": "string"}}}},
    },
    "required": ["names"],
}


def reference_rewarded(trainer: Trainer, target: str) -> None:
    """The reference policy gets 1, and sees what was recorded."""
    seen = _play(trainer, target, READ, FIND, SEARCH, Say(f"It is {json.dumps(ANSWER)}"))
    _equal(seen.reward, 1.0)
    _equal(seen.told[0], "order: A-17\nclerk: Ada Nnadi\n")
    _equal(seen.told[2], "orders/A-17.json")


def submitted_answer_rewarded(trainer: Trainer, target: str) -> None:
    """`submit_answer` is an answer too, and ends the task."""
    _equal(_play(trainer, target, READ, FIND, Submit(ANSWER)).reward, 1.0)


def empty_answer_not_rewarded(trainer: Trainer, target: str) -> None:
    """No answer is a scored 0."""
    _equal(_play(trainer, target, READ, Say("I do not know.")).reward, 0.0)
    _equal(_play(trainer, target, READ, FIND, Say(json.dumps(WRONG))).reward, 0.0)


def refusal_rewarded(trainer: Trainer, target: str) -> None:
    """The answer may be a refusal: it is shown as one of two, and rewarded where nothing can be known."""
    task = task_of(target, "refusal")
    _equal(trainer.play(target, task, Script([READ, Say(f"It is {json.dumps(REFUSAL)}")])).reward, 1.0)
    seen = trainer.play(target, task, Script([READ, Submit(REFUSAL)]))
    _equal(seen.reward, 1.0)
    asked = next(tool for tool in seen.shown if tool.description.startswith("Give the final answer")).parameters
    if trainer.keeps_schemas:
        _equal(set(asked["properties"]), {*ANSWER, *REFUSAL})
        _equal(asked["properties"]["cannot_answer"], {"type": "string", "enum": ["no_record", "no_value"]})
        _equal((asked["anyOf"], asked["additionalProperties"]), (ANSWERS, False))
        # Else half of an answer would have to be made up.
        _true(not asked.get("required"), f"an answer could not leave out {asked.get('required')}")
    else:
        # One text: the form of the answer stands in the task's prompt.
        _equal({name: one["type"] for name, one in asked["properties"].items()}, {"answer": "string"})


def user_answers_where_there_is_one(trainer: Trainer, target: str) -> None:
    """A message that asks goes to the user where the framework's loop allows it, and ends the rollout elsewhere."""
    seen = _play(trainer, target, Say("Which order is it about?"), READ, FIND, Say(json.dumps(ANSWER)))
    _equal(seen.reward, 1.0 if getattr(trainer, "has_user", False) else 0.0)


def names_are_there(trainer: Trainer, target: str) -> None:
    """Every tool is shown once, under a name that function-calling interfaces take."""
    shown = _play(trainer, target, READ, Say("{}")).shown
    with Client(target) as client, client.episode(task_of(target)) as episode:
        offered = episode.tools
    _equal(len(shown), len(offered) + 1)
    _equal(len({tool.name for tool in shown}), len(shown))
    for tool in shown:
        _true(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name), f"the name {tool.name!r} is not legal")
    for tool in offered:
        _true(any(one.description.startswith(tool.description) for one in shown), f"{tool.name} is not shown")


def schemas_survive(trainer: Trainer, target: str) -> None:
    """A nested schema reaches the model: as a schema, or in words where the framework drops it."""
    search = next(tool for tool in _play(trainer, target, READ, Say("{}")).shown if "search" in tool.description)
    filtering = search.parameters["properties"]["filter"]
    if trainer.keeps_schemas:
        _equal({key: filtering.get(key) for key in NESTED}, NESTED)
    else:
        _equal(filtering["type"], "object")
        _true(json.dumps(NESTED["properties"]) in filtering["description"], f"lost: {filtering}")


def errors_are_data(trainer: Trainer, target: str) -> None:
    """Unknown tools, bad arguments and unknown answers are told, and the rollout goes on to its reward."""
    wrong = [Raw("no_such_tool", "{}"), Call("read_file", {"path": 7}), Call("find_order", {}), UNKNOWN_FILE]
    if trainer.reads_raw_arguments:
        wrong += [Raw("no_such_tool", "{"), Raw("no_such_tool", '"text"'), Raw("no_such_tool", "")]
    seen = _play(trainer, target, *wrong, READ, FIND, Say(json.dumps(ANSWER)))
    _true(all(seen.told[: len(wrong)]), f"an error was not told: {seen.told}")
    _equal(len(seen.told), len(wrong) + 2)
    _equal(seen.reward, 1.0)


def unscored_stays_unscored(trainer: Trainer, target: str) -> None:
    """A simulator that goes away is nobody's wrong answer."""
    with Line(target) as line:
        script = Script([READ, Do(line.cut), FIND, Say(json.dumps(ANSWER))])
        seen = trainer.play(line.target, task_of(target), script)
    _equal(seen.told[:1], ("order: A-17\nclerk: Ada Nnadi\n",))
    _equal(seen.reward, None)


def misses_are_masked_where_asked(trainer: Trainer, target: str) -> None:
    """A wrong answer after a miss is a 0, or left out where the trainer asks for that."""
    steps = (UNKNOWN_FILE, Say(json.dumps(WRONG)))
    _equal(trainer.play(target, task_of(target), Script(steps)).reward, 0.0)
    _equal(trainer.play(target, task_of(target), Script(steps), mask_misses=True).reward, None)


def episodes_are_closed(trainer: Trainer, target: str) -> None:
    """Nothing of one rollout is left to the next."""
    with Client(target) as client:
        before = client.info().open_episodes
        for _ in range(2):
            _equal(_play(trainer, target, READ, FIND, Say(json.dumps(ANSWER))).reward, 1.0)
        # An environment object may keep its last episode until its next reset.
        _true(client.info().open_episodes <= before + 1, "episodes are left open")


CHECKS: tuple[Callable[[Trainer, str], None], ...] = (
    reference_rewarded,
    submitted_answer_rewarded,
    empty_answer_not_rewarded,
    refusal_rewarded,
    user_answers_where_there_is_one,
    names_are_there,
    schemas_survive,
    errors_are_data,
    unscored_stays_unscored,
    misses_are_masked_where_asked,
    episodes_are_closed,
)


def task_of(target: str, tag: str = "multi_call") -> str:
    """Return the id of the task with a tag."""
    with Client(target) as client:
        return next(client.task_ids(tags=[tag]))


def _play(trainer: Trainer, target: str, *steps: Step) -> Seen:
    return trainer.play(target, task_of(target), Script(steps))


def _equal(found: object, expected: object) -> None:
    _true(found == expected and type(found) is type(expected), f"{found!r} instead of {expected!r}")


def _true(holds: object, text: str) -> None:
    if not holds:
        raise AssertionError(text)
