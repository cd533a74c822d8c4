"""Questions for walks over tools that nobody knows: what the last call says, of what it was asked about.

Anything that would not read as a question somebody asks is refused with a reason; few questions, but natural ones.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.tasks import Catalogue, generator
from shared.model import logical_form as lf
from shared.model.catalogue import Effect
from shared.model.errors import Rejected
from shared.model.explorations import CounterfactualOutcome, ExecutedCall, Exploration
from shared.model.values import Value, ValueKind
from shared.proof import kinds
from shared.proof.canonical import canonical
from shared.proof.identity import identifier
from shared.proof.locators import text_of
from shared.proof.numbers import read_number
from shared.proof.schemas import read_schema
from shared.proof.values import extract
from shared.proof.volatility import is_volatile
from shared.proof.words import words

FAMILY = "result"
_ASKED = frozenset(
    (
        *(ValueKind.IDENTIFIER, ValueKind.QUANTITY, ValueKind.NUMBER, ValueKind.NAME),
        *(ValueKind.DATE, ValueKind.EMAIL, ValueKind.TIME_ZONE, ValueKind.CELL_RANGE),
    )
)
_NUMERIC = (ValueKind.NUMBER, ValueKind.QUANTITY)
_EMPTY_KEYS = frozenset(
    (
        *("result", "results", "value", "values", "text", "content", "output", "data", "type", "status", "message"),
        *("success", "error", "line", "lines", "item", "items", "index", "key", "name", "info", "note", "version"),
        *("start", "end", "row", "column", "col", "offset", "position", "id", "range"),
    )
)
_LOOSE = frozenset(("from", "to", "by", "on", "of", "at", "in", "for", "with", "until", "is", "has"))
_VAGUE = frozenset(
    (
        *("query", "pattern", "text", "input", "data", "expression", "sql", "statement", "command", "code", "content"),
        *(
            "limit",
            "count",
            "max",
            "page",
            "offset",
            "depth",
            "head",
            "tail",
            "n",
            "format",
            "mode",
            "options",
            "filter",
        ),
    )
)
_WORD_KEY = re.compile(r"[A-Za-z][A-Za-z _-]{2,30}")
_MOST_GIVEN, _MOST_FIELDS, _MOST_WORDS = 2, 3, 4
_LONGEST, _LONGEST_PATH, _FEWEST_WORDS = 60, 100, 4
_SMALL = 12
_DEPENDS = (CounterfactualOutcome.FAILS, CounterfactualOutcome.CHANGES)


def meaning_of(exploration: Exploration, catalogue: Catalogue) -> Mapping[str, Any]:
    """Ask for what the last call of a walk says, in the form in which plans carry their question.

    Raises:
        Rejected: `no_question`: nothing natural can be asked; the text says why.
    """
    last = _last(exploration)
    given = _given(last, exploration, catalogue)
    volatile = {again.call_id: again.volatile for again in exploration.repeated}
    values = _askable(last, volatile.get(last.call_id, ()), given)
    # Not by the task's id, which follows from what is chosen here.
    rng = generator(identifier("walk", [exploration.world_digest, last.tool_id, last.arguments_json]), FAMILY)
    fields, citations = [], []
    for value in _together(values, rng.randrange(len(values)), rng.randint(1, _MOST_FIELDS)):
        key = "_".join(words(value.key))
        form = lf.Result(given, value.key, value.kind, value.unit, value.row if _is_shared(value, last) else "")
        fields.append(lf.Field(key, form))
        find = canonical({"locator": json.loads(value.locator_json)})
        citations.append({"field": key, "sources": [{"call": last.call_id, "find": find}], "transforms": []})
    return {"question": lf.to_json(lf.Question(FAMILY, tuple(fields))), "citations": citations, "tables": []}


def _refuse(why: str) -> Rejected:
    return Rejected("no_question", why)


def _last(exploration: Exploration) -> ExecutedCall:
    """The call that is asked about: it reads, and so do all before it that are no preparation."""
    calls = [call for call in exploration.calls if not call.precondition]
    if not calls:
        raise _refuse("the walk only prepares")
    # A question about what a write answered would have the agent write.
    if any(call.behaviour.effect is not Effect.READ_ONLY for call in calls):
        raise _refuse("a call of the walk moves something")
    last = calls[-1]
    # An agent can compute that itself, so no tool is needed.
    if last.behaviour.pure:
        raise _refuse("the last call computes; nothing is looked up")
    if last.is_error or last.looks_failed or not last.result_json:
        raise _refuse("the last call says nothing")
    return last


def _given(call: ExecutedCall, exploration: Exploration, catalogue: Catalogue) -> tuple[lf.Given, ...]:
    """What a call was told, apart from defaults and from what only names its preparation."""
    tool = next((tool for tool in catalogue.tools if tool.tool_id == call.tool_id), None)
    if tool is None or len(tool.description.split()) < _FEWEST_WORDS:
        raise _refuse(f"nobody says what {call.tool} is for")
    arguments = json.loads(call.arguments_json)
    defaults = _defaults(tool.input_schema_json)
    flows = {flow.argument: flow for flow in call.depends_on}
    prepared = _prepared(exploration, call)
    given = []
    for name, value in arguments.items():
        if f"/{name}" in flows:
            given.append(lf.Given(name, _earlier(call, f"/{name}", exploration, catalogue)))
        # A default needs no words, and neither does what only the preparation was called.
        elif value is not None and value != defaults.get(name) and value not in prepared:
            given.append(lf.Given(name, _literal(name, value)))
    # Every argument has to be said: with three things in one sentence nobody knows any more what is asked.
    if not 0 < len(given) <= _MOST_GIVEN or len(flows) > sum(isinstance(one.value, lf.Result) for one in given):
        raise _refuse(f"{len(given)} things name what {call.tool} is asked about")
    return tuple(given)


def _prepared(exploration: Exploration, call: ExecutedCall) -> list[Any]:
    before = [one for one in exploration.calls if one.precondition and one.server_id == call.server_id]
    return [value for one in before for value in json.loads(one.arguments_json).values()]


def _defaults(schema_json: str) -> Mapping[str, Any]:
    properties = read_schema(schema_json).get("properties", {})
    found = properties.items() if isinstance(properties, Mapping) else ()
    return {name: body.get("default", False) for name, body in found if isinstance(body, Mapping)}


def _literal(name: str, value: Any) -> lf.Literal:
    """Read what a parameter was told; what cannot be said in a few words is refused."""
    named = words(name)
    if not named or _VAGUE & set(named) or isinstance(value, bool | list | dict):
        raise _refuse(f"{name!r} cannot be said in a few words")
    text = text_of(value)
    is_path = text.startswith(("/", "file:")) or kinds.classify(text, name)[0] is ValueKind.PATH
    if not text.strip() or "\n" in text or len(text) > (_LONGEST_PATH if is_path else _LONGEST):
        raise _refuse(f"{name!r} cannot be said in a few words")
    if is_path and text.removeprefix("file://").removeprefix("/workspace").strip("/.") == "":
        raise _refuse("it is about the whole world")
    return lf.Literal(text, ValueKind.PATH if is_path else kinds.classify(text, name)[0])


def _earlier(call: ExecutedCall, argument: str, exploration: Exploration, catalogue: Catalogue) -> lf.Result:
    """Describe a value that flowed in by what the earlier call was asked about."""
    flow = next(flow for flow in call.depends_on if flow.argument == argument)
    tried = [c.outcome for c in exploration.counterfactuals if (c.call_id, c.argument) == (call.call_id, argument)]
    if not tried or any(outcome not in _DEPENDS for outcome in tried):
        raise _refuse(f"no other value showed that the answer depends on {argument}")
    source = next(one for one in exploration.calls if one.call_id == flow.call_id)
    if flow.slot_start is not None or (flow.transforms_json or "[]") != "[]":
        raise _refuse("the value that flows is part of something")
    values = extract(source.result_json, source.arguments_json)
    value = next((one for one in values if one.locator_json == flow.locator_json), None)
    if value is None or not _is_word(value.key) or _names(value, values) != 1:
        raise _refuse("the value that flows has no name of its own")
    given = _given(source, exploration, catalogue)
    return lf.Result(given, value.key, value.kind, value.unit, value.row if _is_shared(value, source) else "")


def _askable(call: ExecutedCall, volatile: Sequence[str], given: Iterable[lf.Given]) -> list[Value]:
    values = extract(call.result_json, call.arguments_json)
    told = _worded(" ".join(one.value.text for one in given if isinstance(one.value, lf.Literal)))
    found = [
        value
        for value in values
        if value.kind in _ASKED
        and _is_word(value.key)
        and _is_telling(value)
        and _worded(value.text) not in told
        # One name, one value: otherwise the question would have several answers.
        and _names(value, values) == 1
        # A record's name is no answer where the question names the record.
        and (value.text != value.row or not _is_shared(value, call))
        and not is_volatile(value.locator_json, volatile)
    ]
    if not found:
        raise _refuse(f"{call.tool} says nothing under a name of its own")
    return found


def _worded(text: str) -> str:
    return f" {' '.join(words(text))} "


def _is_word(key: str) -> bool:
    parts = words(key)
    if not _WORD_KEY.fullmatch(key) or len(parts) > _MOST_WORDS or set(parts) <= _EMPTY_KEYS:
        return False
    # Such words lack their noun: created when or by whom, remaining what?
    loose = parts[-1].endswith(("ed", "ing", "ly")) or parts[-1] in _LOOSE
    return nouns.humane(key) != " ".join(parts) or not loose


def _is_telling(value: Value) -> bool:
    if len(value.text) > _LONGEST or "\n" in value.text:
        return False
    number = read_number(value.text)
    if value.kind in _NUMERIC:
        # Small whole numbers can be guessed.
        return number is not None and number.is_finite() and (abs(number) > _SMALL or number != int(number))
    return number is None or value.kind is ValueKind.IDENTIFIER


def _names(value: Value, values: Sequence[Value]) -> int:
    """Count the values that its key and its row name."""
    same = [one for one in values if words(one.key) == words(value.key)]
    if len(same) > 1 and not _is_row_name(value.row):
        return len(same)
    return sum(one.row == value.row for one in same)


def _is_row_name(row: str) -> bool:
    """Tell whether a colleague would call a record so: no hash, no sentence, no path."""
    return 0 < len(row) <= _LONGEST and kinds.classify(row)[0] not in (ValueKind.HASH, ValueKind.PATH, ValueKind.URL)


def _is_shared(value: Value, call: ExecutedCall) -> bool:
    return sum(words(one.key) == words(value.key) for one in extract(call.result_json, call.arguments_json)) > 1


def _together(values: Sequence[Value], start: int, most: int) -> list[Value]:
    """Some values of one record, in the order in which they stand."""
    row = values[start].row
    chosen = [value for value in values if value.row == row]
    first = chosen.index(values[start])
    return (chosen[first:] + chosen[:first])[:most]
