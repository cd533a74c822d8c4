"""Sentences about what a call says: its subject comes from what the call was told, in the words of its parameters."""

import random
import re
from pathlib import PurePosixPath
from typing import Any

from services.synthesizer.domain import nouns
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.words import words

MOUNT = "/workspace"
_ASK = (
    "Please check {subject}: what {be} {what}?",
    "Have a look at {subject}. What {be} {what}?",
    "Please look at {subject} and tell me {what}.",
    "For {subject}, what {be} {what}?",
)
_FOLDERS = frozenset(("folder", "directory", "dir", "root"))
_REPOSITORIES = frozenset(("repo", "repository"))
_BARE = frozenset(("name", "path", "file", "filename", "filepath"))


def is_results(values: list[Any]) -> bool:
    """Values that one call says of one subject."""
    return all(isinstance(value, lf.Result) for value in values) and len({value.given for value in values}) == 1


def ask_results(values: list[Any], rng: random.Random) -> str:
    """Ask for one or several values of one subject."""
    what = nouns.listed([_value(value) for value in values])
    # A status and an address are one thing.
    be = "are" if len(values) > 1 or re.search(r"[^su]s$", nouns.humane(values[0].key)) else "is"
    return rng.choice(_ASK).format(subject=subject(values[0].given), be=be, what=what)


def subject(given: tuple[lf.Given, ...]) -> str:
    """Name what a call was asked about; files and folders come last."""
    placed = [_thing(one) for one in given if _is_place(one)]
    things = [_thing(one) for one in given if not _is_place(one)]
    named = nouns.listed(things) if things else ""
    return " in ".join(filter(None, (named, nouns.listed(placed) if placed else "")))


def _is_place(one: lf.Given) -> bool:
    return isinstance(one.value, lf.Literal) and one.value.kind is ValueKind.PATH


def _value(form: lf.Result) -> str:
    row = f" of “{form.row}”" if form.row else ""
    return f"the {nouns.humane(form.key)}{row}"


def _thing(one: lf.Given) -> str:
    if isinstance(one.value, lf.Result):
        return f"the {_role(one)}{_value(one.value).removeprefix('the ')} of {subject(one.value.given)}"
    value = one.value
    text = value.text if isinstance(value, lf.Literal) else ""
    if _is_place(one):
        return _place(text, frozenset(words(one.name)))
    noun = " ".join(word for word in words(one.name) if word not in _BARE) or "entry"
    if isinstance(value, lf.Literal) and value.kind in (ValueKind.IDENTIFIER, ValueKind.NUMBER, ValueKind.DATE):
        return f"the {noun} {text}"
    return f"the “{text}” {noun}"


def _role(one: lf.Given) -> str:
    """A path that a result says is a file to look into; anything else is called by its key alone."""
    return "file given as the " if isinstance(one.value, lf.Result) and one.value.kind is ValueKind.PATH else ""


def _place(text: str, named: frozenset[str]) -> str:
    # Nobody who asks knows where a sandbox mounts the files.
    path = text.removeprefix("file://").removeprefix(MOUNT).strip("/")
    if named & _REPOSITORIES:
        return nouns.repository(path)
    if named & _FOLDERS or not PurePosixPath(path).suffix:
        return f"the folder {path}"
    return f"the file {path}"
