"""How companies of one kind talk: sentences, labels, headers and names of constants, by a dotted key."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

_FIRST = "goods"
"""The book that others are laid over: what a trade says differently stands in its own book, and nothing else does."""


@dataclass(frozen=True, slots=True)
class Book:
    """The words of one kind of trade."""

    texts: Mapping[str, Any]

    def at(self, key: str) -> Any:
        """Return what stands at a dotted key; a key that no book has is a mistake in the builder."""
        found: Any = self.texts
        for step in key.split("."):
            found = found[step]
        return found

    def say(self, key: str, **values: object) -> str:
        """Return one text with its names filled in."""
        return str(self.at(key)).format(**values)

    def options(self, key: str, **values: object) -> list[str]:
        """Return several texts with their names filled in."""
        return [str(text).format(**values) for text in self.at(key)]

    def labels(self, key: str) -> Mapping[str, str]:
        """Return labels by attribute."""
        return {str(name): str(label) for name, label in self.at(key).items()}

    def code(self, text: str, **values: object) -> str:
        """Return source code with this trade's names and docstrings for `$name`."""
        return Template(text).substitute(self.labels("code"), **values)


@functools.cache
def book(name: str) -> Book:
    """Read one book, laid over the first."""
    return Book(_read(_FIRST) if name == _FIRST else _laid(_read(_FIRST), _read(name)))


def _laid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one book over another: what both have is the upper one's, mappings entry by entry."""
    laid = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        # Ways of naming columns are whole: half of another trade's headers would contradict its own.
        laid[key] = _laid(below[key], value) if both else value
    return laid


def _read(name: str) -> dict[str, Any]:
    text = files("worlds").joinpath("vocab", "books", f"{name}.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
