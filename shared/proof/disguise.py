"""Errors in disguise: results whose `isError` is false and whose content says that the call failed.

Measured on twelve servers a third of the failures look like this. Evidence comes before words: what a JSON payload
states (`success: false`, `error`), whether the call moved the world, whether every part failed or only some; then short
texts are read by pattern. "No occurrences found" is a fact, and a warning about a thing that was done is a success.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse, parse_canonical

MOST_CHARACTERS = 400
"""Longer texts are content, not error messages."""
MOST_LINES = 4

_BAD_STATUS = {"error", "failed", "failure", "fail"}
_FACT = re.compile(
    r"^\W*(no|zero|0)\s+(?!such\b)([\w-]+\s+){0,4}(found|match(es|ed)?|results?|occurrences?|changes?)\b", re.I
)
_STARTS = re.compile(
    r"^\W*(((fatal|internal|unexpected|syntax|parser?|query|value|type|key|runtime|server|validation|execution|input|"
    r"file|network|http|catalog|binder|conversion|connection|tool)\s)?error\b(?!\s+(rate|margin|budget))|"
    r"\w*(Error|Exception)\b\s*[:(]|failed\b|failure\b|traceback\b|invalid\b|cannot\b|can't\b|"
    r"could not\b|couldn't\b|unable to\b|unknown \w+|unsupported\b|missing (required )?\w+|no such\b|"
    r"permission denied\b|access denied\b|enoent\b|illegal\b)",
    re.I,
)
_SAYS = re.compile(
    r"(do(es)? not exist|doesn't exist|no such \w+|is not (a )?(valid|supported|registered|allowed)\b|"
    r"\bfailed to\b|\bis invalid\b|\binvalid \w+|\bunable to\b|permission denied|\bENOENT\b|\bEISDIR\b|\bEACCES\b)",
    re.I,
)
_SAYS_OF_ARGUMENT = re.compile(
    r"(not found\b|\bout of (range|bounds)|\bis required\b|\bmust (be|have|not)\b|\bcannot\b|could not\b|"
    r"\bnot registered\b|already (exists|registered)|\bhas no \w+)",
    re.I,
)
"""Prose says this too; it counts only beside the name or the value of an argument."""
_DONE = re.compile(
    r"(?<!not )(?<!not be )\b(added|created|saved|updated|applied|inserted|written|set) (\w+ ){0,3}"
    r"(with|using|to|as|in|success\w*)|\bsuccessfully\b",
    re.I,
)
_SECTION = re.compile(r"\n-{3,}\n")
_SECTION_FAILED = re.compile(r"^[^\n]{1,300}: Error\b", re.I)


class Health(StrEnum):
    """How much of a result is what was asked for."""

    FINE = "fine"
    PARTIAL = "partial"
    """Some of several parts failed: the rest is good, so the call did not fail."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a result looks like, and the words that say so."""

    health: Health
    text: str = ""


def diagnose(result_json: str, arguments_json: str = "{}", moved_world: bool = False) -> Diagnosis:
    """Tell a result from an error in disguise; `moved_world` is evidence that something was done."""
    result = parse_canonical(result_json)
    # Structured content first: texts repeat it, and words are weaker evidence than a stated `success: false`.
    structured = _payload(result.get("structuredContent"))
    if structured is not None and not isinstance(structured, str):
        return _of_json(structured)
    texts = [structured] if isinstance(structured, str) else list(_texts(result))
    if not texts:
        return Diagnosis(Health.FINE)
    return _together([_of_text(text, arguments_json, moved_world) for text in texts])


def error_text(result_json: str) -> str:
    """Collect what a failed result says, for reading and for showing to a bender."""
    result = parse_canonical(result_json) if result_json else {}
    said = "\n".join(_texts(result))
    return said or str(result.get("structuredContent") or "")


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    for part in result.get("content") or ():
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]


def _payload(value: Any) -> Any:
    """Unwrap `{"result": ...}` and JSON inside strings."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(next(iter(value.values())), str):
        # `{"error": "..."}` has one member too, and there the key is what says it.
        value = next(iter(value.values())) if next(iter(value)) not in ("error", "errors") else value
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse(value)
        except Rejected:
            return value
    return value


def _of_json(value: Any) -> Diagnosis:
    if isinstance(value, Mapping):
        return _of_object(value)
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return _together([_of_object(item) for item in value])
    return Diagnosis(Health.FINE)


def _of_object(value: Mapping[str, Any]) -> Diagnosis:
    said = _said(value)
    if any(value.get(flag) is False for flag in ("success", "ok", "succeeded")) or value.get("isError") is True:
        return Diagnosis(Health.FAILED, said or "the result says that it did not succeed")
    if isinstance(value.get("status"), str) and value["status"].lower() in _BAD_STATUS:
        return Diagnosis(Health.FAILED, said or f"status {value['status']}")
    if value.get("error") and isinstance(value["error"], str | Mapping | list):
        return Diagnosis(Health.FAILED, said)
    if isinstance(value.get("errors"), list) and value["errors"]:
        # `errors` beside results is a partial answer (a batch), `errors` alone a failure.
        rest = [item for key, item in value.items() if key != "errors" and item not in (None, "", [], {}, 0, False)]
        return Diagnosis(Health.PARTIAL if rest else Health.FAILED, str(value["errors"][0]))
    return Diagnosis(Health.FINE)


def _said(value: Mapping[str, Any]) -> str:
    for key in ("error", "message", "detail", "reason"):
        if isinstance(value.get(key), str) and value[key]:
            return str(value[key])
        if isinstance(value.get(key), Mapping) and isinstance(value[key].get("message"), str):
            return str(value[key]["message"])
    return str(value["error"]) if value.get("error") else ""


def _of_text(text: str, arguments_json: str, moved_world: bool) -> Diagnosis:
    payload = _payload(text)
    if not isinstance(payload, str):
        return _of_json(payload)
    sections = _SECTION.split(text)
    failed = [section for section in sections if _SECTION_FAILED.match(section.strip())]
    if failed and len(sections) > 1:
        return Diagnosis(Health.PARTIAL if len(failed) < len(sections) else Health.FAILED, failed[0].strip())
    # Whatever the words, a call that moved the world has done something: "Style not found, default used" is a success.
    if failed or (not moved_world and _reads_as_failure(text.strip(), arguments_json)):
        return Diagnosis(Health.FAILED, text.strip())
    return Diagnosis(Health.FINE)


def _reads_as_failure(text: str, arguments_json: str) -> bool:
    # Documents talk about errors too: only short texts are read as messages.
    if len(text) >= MOST_CHARACTERS or text.count("\n") >= MOST_LINES or _FACT.search(text) or _DONE.search(text):
        return False
    if _STARTS.search(text):
        return True
    # From here on by words anywhere in the text; over several lines that is content.
    if "\n" in text:
        return False
    return bool(_SAYS.search(text) or (_SAYS_OF_ARGUMENT.search(text) and _mentions(text, arguments_json)))


def _mentions(text: str, arguments_json: str) -> bool:
    """Whether the text holds an argument's value, or the words of its name."""
    for name, value in parse_canonical(arguments_json or "{}").items():
        for said in (name, re.sub(r"[_-]+", " ", name), str(value)):
            if said and re.search(rf"(?<!\w){re.escape(said)}(?!\w)", text, re.I):
                return True
    return False


def _together(parts: Sequence[Diagnosis]) -> Diagnosis:
    bad = [part for part in parts if part.health is not Health.FINE]
    if not bad:
        return Diagnosis(Health.FINE)
    every = len(bad) == len(parts) and all(part.health is Health.FAILED for part in bad)
    return Diagnosis(Health.FAILED if every else Health.PARTIAL, bad[0].text)
