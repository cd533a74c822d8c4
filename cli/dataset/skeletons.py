"""Skeletons of prompts: what is left of a wording when entities, numbers and dates are masked."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.dataset.digests import TASKS
from shared.model.errors import BadInput

_QUOTED = re.compile(r"“[^”]*”")
_DATE = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}\b"
)
_CODE = re.compile(r"\b[A-Z]{1,5}\d*-?\d[\w-]*|\b\S+\.py\b")
_NUMBER = re.compile(r"\d[\d.:,-]*\d|\d")
_NAME = re.compile(r"(?<=[a-zà-ÿ,] )(?!JSON\b)[A-Z][\w&-]*(?: (?:of |and |the )?(?!JSON\b)[A-Z][\w&-]*)*")
_FROM_FORM = ("text", "title", "branch")
"""Members of a logical form that name an entity."""


def skeleton(prompt: str, logical_form: Any) -> str:
    """Mask what a prompt is about; frames, verbs, measures and units stay.

    Keys of the answer stand in quotes and are masked too: two prompts that differ in nothing else are one skeleton.
    """
    text = _QUOTED.sub("◦", prompt)
    for name in sorted(set(_entities(logical_form)), key=len, reverse=True):
        text = text.replace(name, "◦") if len(name) > 1 else text
    for pattern in (_DATE, _CODE, _NUMBER, _NAME):
        text = pattern.sub("◦", text)
    return re.sub(r"◦(?:[ ,]*◦)+", "◦", text)


def skeletons(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """Count the skeletons of an export's tasks: of whole prompts, and of prompts without how to answer.

    Raises:
        BadInput: there are no tasks.
    """
    try:
        rows = [json.loads(line) for line in (folder / TASKS).read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise BadInput(f"{folder / TASKS}: {error.strerror}") from error
    if not rows:
        raise BadInput(f"{folder / TASKS}: no tasks")
    whole = [skeleton(_said(row["prompt"]), row["logical_form"]) for row in rows]
    return Counter(whole), Counter(map(_asked, whole))


def _said(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else str(prompt[-1]["content"])


def _asked(text: str) -> str:
    """Cut off how to answer: the last sentences, from the one that says JSON on."""
    return re.split(r"(?<=[.?]) (?=[^.?]*\bJSON\b)", text)[0]


def _entities(form: Any) -> Iterator[str]:
    if isinstance(form, Mapping):
        for name, part in form.items():
            if name in _FROM_FORM and isinstance(part, str):
                yield part
            yield from _entities(part)
    elif isinstance(form, Iterable) and not isinstance(form, str):
        for part in form:
            yield from _entities(part)
