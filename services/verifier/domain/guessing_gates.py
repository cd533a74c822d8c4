"""Can somebody answer without asking anything: by guessing, from the prompt, from the tools' schemas?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.verifier.domain.case import Case, leaves
from services.verifier.domain.wording import SMALL, holds, is_small, words_of
from shared.model.errors import Rejected
from shared.model.values import ValueKind
from shared.proof import kinds, locators, transforms
from shared.proof.absence import CANNOT, is_refusal
from shared.proof.canonical import parse, parse_canonical
from shared.proof.equality import equal
from shared.proof.locators import text_of

# What anybody would try first; a policy finds them by trying.
NUMBERS = tuple(range(-SMALL, SMALL + 1))
_WORDS = """
yes no true false none null unknown n/a ok on off active inactive open closed pending done new old north south
east west high low medium small large left right first last monday tuesday wednesday thursday friday saturday
sunday january february march april may june july august september october november december
"""
COMMON = tuple(_WORDS.split())
"""Answers that anybody guesses."""
_GIVEN_KINDS = (ValueKind.UNIT, ValueKind.CURRENCY, ValueKind.BOOLEAN)
"""A question states these; that they flow gives nothing away."""
_BY_CHANCE = 99
"""Whole numbers up to this stand in the descriptions of most catalogues."""
_NAMED = ("enum", "default", "const", "examples")


def constant_answer(case: Case) -> str | None:
    """Refuse a task of which every field is a small number, a truth value, an enum member or a common word."""
    types = parse_canonical(case.task.answer_types_json)
    if not case.truth or not all(_is_guessable(case, name, types.get(name, {})) for name in case.truth):
        return None
    return "every field of the answer can be guessed: " + ", ".join(sorted(case.truth))


def prompt_only(case: Case) -> str | None:
    """Refuse a text that holds an answer, or a value that must be found on the way to it."""
    words = words_of(f"{case.task.system}\n{case.task.told}")
    for name, value in _found_out(case):
        for leaf in leaves(value):
            if holds(words, leaf):
                return f"the text holds {text_of(leaf)[:60]!r}, the answer to {name!r}"
    for call_id, value in _intermediate(case):
        # What flows must be found on the way: given in the text, the call that finds it would be no part of the task.
        if not _says_nothing(value) and holds(words, value):
            return f"the text holds {text_of(value)[:60]!r}, which call {call_id} has to find"
    return None


def schema_leak(case: Case) -> str | None:
    """Refuse an answer that stands in an offered tool's schema or description, or in the answer's own schema."""
    own, offered = (
        _told_in(_own_texts(case), [case.task.answer_schema_json]),
        _told_in(_tool_texts(case), _schemas(case)),
    )
    chance, sure = "", False
    for name, value in _found_out(case):
        for leaf in leaves(value):
            if isinstance(leaf, bool) or leaf is None or is_small(leaf) or text_of(leaf).casefold() in COMMON:
                continue
            leak = f"the answer to {name!r}, {text_of(leaf)[:60]!r}, stands in a schema or a description"
            if own(leaf) or (offered(leaf) and not is_small(leaf, _BY_CHANCE)):
                return leak
            chance, sure = chance or (leak if offered(leaf) else ""), sure or not offered(leaf)
    # Some description says 20 for reasons of its own: nobody takes it from there while another field has to be found.
    return None if sure else chance or None


def _told_in(texts: Iterator[str], schemas: Iterable[str]) -> Callable[[Any], bool]:
    words = words_of("\n".join(texts))
    named = {text_of(leaf) for schema in schemas for leaf in named_values(schema)}
    return lambda leaf: holds(words, leaf) or text_of(leaf) in named


def _found_out(case: Case) -> Iterator[tuple[str, Any]]:
    """Walk the fields that an agent has to find out; every task tells it the reasons that a refusal may have."""
    yield from ((name, value) for name, value in case.truth.items() if name != CANNOT or not is_refusal(case.truth))


def named_values(schema_json: str) -> Iterator[Any]:
    """Walk the enum members, defaults, constants and examples of a schema."""
    try:
        yield from _named_in(parse(schema_json) if schema_json else None)
    except Rejected:
        return


def _named_in(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from leaves(item) if key in _NAMED else _named_in(item)
    elif isinstance(node, list):
        for item in node:
            yield from _named_in(item)


def _is_guessable(case: Case, name: str, answer_type: Mapping[str, Any]) -> bool:
    truth = case.truth[name]
    if truth in ([], {}, "", None):
        return True
    members = [leaf for text in _schemas(case) for leaf in named_values(text)]
    guesses: Sequence[Any] = (*NUMBERS, True, False, *COMMON, *members)
    # A list of one guess, because answers of one item are as easy as that item.
    if isinstance(truth, list):
        return any(equal(answer_type, truth, [guess]) for guess in guesses)
    return any(equal(answer_type, truth, guess) for guess in guesses)


def _intermediate(case: Case) -> Iterator[tuple[str, Any]]:
    """Walk the values that flow, and the single values that are cited but not stated by the question itself."""
    for call in case.task.reference:
        for one in call.depends_on:
            located = locators.locate(case.results[one.call_id], one.locator_json)
            yield one.call_id, located.value
            yield one.call_id, transforms.apply(one.transforms_json or "[]", [located.value])
    stated = {words_of(text) for text in _stated(case)}
    for field in case.task.evidence:
        for source in field.sources:
            value = locators.locate(case.results[source.call_id], source.locator_json).value
            # A condition such as a region's name is cited as well, and has to stand in the question.
            if words_of(text_of(value)) not in stated:
                yield source.call_id, value


def _stated(case: Case) -> Iterator[str]:
    """Walk what the logical form and the transforms name: conditions are part of the question."""
    yield from _literals(parse(case.task.logical_form_json or "{}"))
    for field in case.task.evidence:
        yield from (text_of(leaf) for leaf in leaves(parse(field.transforms_json or "[]")))


def _literals(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if node.get("is") == "literal" and isinstance(node.get("text"), str):
            yield node["text"]
        if node.get("is") == "local_time" and isinstance(node.get("time"), str):
            yield node["time"]
        for item in node.values():
            yield from _literals(item)
    elif isinstance(node, list):
        for item in node:
            yield from _literals(item)


def _says_nothing(value: Any) -> bool:
    """Whether a value is in any text by itself, or is a whole list of which single ones say nothing."""
    if value is None or isinstance(value, bool | dict | list) or is_small(value):
        return True
    return len(text_of(value).strip()) < 2 or kinds.classify(text_of(value))[0] in _GIVEN_KINDS  # noqa: PLR2004


def _schemas(case: Case) -> Iterator[str]:
    yield case.task.answer_schema_json
    for tool in case.task.tools:
        yield tool.input_schema_json


def _own_texts(case: Case) -> Iterator[str]:
    yield case.task.answer_template
    yield from _descriptions(case.task.answer_schema_json)


def _tool_texts(case: Case) -> Iterator[str]:
    for tool in case.task.tools:
        yield tool.description
        yield from _descriptions(tool.input_schema_json)


def _descriptions(schema_json: str) -> Iterator[str]:
    try:
        yield from _described(parse(schema_json) if schema_json else None)
    except Rejected:
        return


def _described(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            if key in ("description", "title") and isinstance(item, str):
                yield item
            else:
                yield from _described(item)
    elif isinstance(node, list):
        for item in node:
            yield from _described(item)
