"""What a text has spoken of already: such a thing is "that product", what belongs to the last one is "its price"."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from shared.model import logical_form as lf
from shared.model.values import ValueKind

_PEOPLE = (
    "employee",
    "person",
    "colleague",
    "customer",
    "supplier",
    "traveller",
    "contact",
    "client",
    "expert",
    "team",
    "department",
)
PERSON = "colleague"
"""Whoever made a commit or wrote a letter, once they were asked for."""


def is_people(noun: str) -> bool:
    """Tell whether people or companies are called so."""
    return noun in (*_PEOPLE, PERSON)


def identity(form: Any, role: str = "") -> Any:
    """What tells things apart: two labels of one document that mean a row of one sort mean one row.

    Args:
        form: a row, or what evaluates to a row's name.
        role: what the row is to the document that names it.
    """
    match form:
        case lf.Fact():
            return ("fact", form.path, role)
        case lf.LatestCommit() | lf.Commit():
            return replace(form, name="", kind=ValueKind.HASH)
        case lf.Keyed(key=lf.Literal()):
            return (form.table, form.key)
    return form


@dataclass(frozen=True, slots=True)
class Known:
    """Things by their identity, with the noun for each."""

    nouns: Mapping[Any, str] = field(default_factory=dict)
    focus: Any = None
    """The thing that was spoken of last."""

    def of(self, thing: Any) -> str:
        """How to call it again; empty where it is new."""
        return f"that {self.nouns[thing]}" if thing in self.nouns else ""

    def owner(self, thing: Any) -> str:
        """`its` or `their`, where it was spoken of last; empty elsewhere."""
        if thing is None or thing != self.focus:
            return ""
        return "their" if self.nouns.get(thing, "") in _PEOPLE else "its"

    def after(self, things: Mapping[Any, str], focus: Any) -> Self:
        """What is known once these were spoken of."""
        return replace(self, nouns={**self.nouns, **things}, focus=focus)
