"""Tasks that change something: a colleague wants what was found written down at a place that they name."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import Skill
from services.sampler.domain.plan import MOUNT, Infeasible, Written
from services.sampler.domain.ports import Realising
from services.sampler.domain.relations import is_whole
from shared.model import logical_form as lf
from shared.model.values import ValueKind

Family = Callable[[Asker], lf.Question]
_NAMES = (
    *("handover", "call-sheet", "to-do", "follow-up", "open-points", "briefing", "reminder", "draft-reply", "summary"),
    *("for-the-meeting", "notes-for-monday", "checklist", "phone-notes", "cover-note", "quick-facts", "look-ups"),
)
_SUFFIXES = (".txt", ".txt", ".md")
_KEPT = frozenset((".md", ".txt", ".docx", ".xlsx", ".csv", ".html", ".json", ".pdf"))
"""Files beside which somebody keeps notes: no sources, no databases."""
_PLAIN = (ValueKind.NAME, ValueKind.EMAIL, ValueKind.IDENTIFIER, ValueKind.FREE_TEXT, ValueKind.ENUM_MEMBER)
"""Kinds that are written in one way: of a price or a day nobody could say which of its forms is right."""
_MOST_LINES, _TRIES = 3, 4
_HEAD = ".git/HEAD"
_SHORT = frozenset(("id", "po", "sku", "vat"))
"""Words that people write in capitals."""


def noted(*families: Family) -> Family:
    """Ask what one of the families asks, and to have it written into a new file."""

    def note(asker: Asker) -> lf.Question:
        if not asker.toolbox.having(Skill.WRITE_TEXT):
            raise Infeasible("no tool writes a file")
        for _ in range(_TRIES):
            asked = asker.some(families)(asker)
            plain = [field for field in asked.fields if _is_plain(asker, field)]
            if 0 < len(plain) <= _MOST_LINES:
                lines = tuple(lf.Line(_label(field.key), field.value) for field in plain)
                return lf.Question("note", asked.fields, change=lf.Note(_place(asker), lines))
        raise Infeasible("nothing to write down")

    return note


def make(realiser: Realising, change: lf.Change) -> None:
    """Make the call that changes what is asked for, behind all that were planned so far.

    Raises:
        Infeasible: the tools at hand cannot, or a value could only be cited.
    """
    writer = realiser.one(Skill.WRITE_TEXT)
    written = Written(writer.argument("content"))
    for line in change.lines:
        written.write(f"{line.label}: ", realiser.value(line.value), "\n")
    arguments = {writer.argument("path"): f"{MOUNT}/{change.path}", written.argument: written.text}
    realiser.plan.add(writer.node, arguments, change, inputs=written.inputs)


def _is_plain(asker: Asker, field: lf.Field) -> bool:
    value: Any = field.value
    # `city_2`: which of two is meant by a label, nobody could say.
    if field.key[-1:].isdigit():
        return False
    if isinstance(value, lf.Aggregate):
        return value.function is lf.Function.COUNT
    if isinstance(value, lf.Attribute):
        column = asker.relation(value.entity).columns[value.column]
        return value.kind in _PLAIN or (value.kind is ValueKind.NUMBER and not value.unit and is_whole(column))
    return False


def _label(key: str) -> str:
    # Beside a total, "count" may be either.
    if key == "count":
        return "How many"
    plain = " ".join(word.upper() if word in _SHORT else word for word in key.split("_"))
    return f"{plain[:1].upper()}{plain[1:]}"


def _place(asker: Asker) -> str:
    """A file that is not there yet, in a folder that is."""
    paths = {file.path for file in asker.relations.world.files}
    # A note inside a repository would be a change that somebody has to commit.
    inside = tuple(path.removesuffix(_HEAD) for path in paths if path.endswith(_HEAD))
    kept = [PurePosixPath(path).parent for path in paths if PurePosixPath(path).suffix.lower() in _KEPT]
    # Sorted: a set has no order that another run would repeat.
    folders = sorted(
        {
            str(folder)
            for folder in kept
            if not any(part.startswith(".") for part in folder.parts) and not f"{folder}/".startswith(inside)
        }
    )
    name = f"{asker.some(_NAMES)}{asker.some(_SUFFIXES)}"
    path = str(PurePosixPath(asker.some(folders)) / name)
    if path in paths:
        raise Infeasible("the file is there already")
    return path
