"""Writes meeting notes: a heading, date, attendees, labelled lines, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from worlds.layouts import Layout
from worlds.model import Units
from worlds.mount import Cell, Entity, Mount, as_text
from worlds.staff import plain
from worlds.things import Employee

_STYLES = ("{label}: {text}", "- {label}: {text}", "**{label}:** {text}")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled line that states a fact; `suffix` is its unit as written."""

    label: str
    entity: Entity
    attribute: str
    value: Cell
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What one meeting left behind."""

    day: date
    title: str
    attendees: Sequence[Employee]
    facts: Sequence[Labelled]
    paragraphs: Sequence[str]
    actions: Sequence[str] = ()


def write_notes(mount: Mount, notes: Sequence[Note], layout: Layout, units: Units) -> None:
    """Write every note to its file."""
    for note in notes:
        path = f"{layout.paths['notes']}/{note.day.isoformat()}-{plain(note.title)}.md"
        mount.write(path, _text(note, _STYLES[layout.note_style], units))
        entity = Entity("note", note.title)
        attendees = ", ".join(person.name for person in note.attendees)
        mount.state(entity, "date", note.day, path, {"label": "Date"})
        mount.state(entity, "attendees", attendees, path, {"label": "Attendees"})
        for fact in note.facts:
            mount.state(fact.entity, fact.attribute, fact.value, path, {"label": fact.label})


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _written(value: Cell, units: Units) -> str:
    return units.day(value) if isinstance(value, date) else as_text(value)


def _text(note: Note, style: str, units: Units) -> str:
    attendees = ", ".join(person.name for person in note.attendees)
    lines = [style.format(label="Date", text=units.day(note.day)), style.format(label="Attendees", text=attendees)]
    facts = [style.format(label=fact.label, text=f"{_written(fact.value, units)}{fact.suffix}") for fact in note.facts]
    # Markdown would join bold labels on consecutive lines into one paragraph; two spaces keep the lines apart.
    gap = "  \n" if style.startswith("**") else "\n"
    parts = [f"# {note.title}", gap.join(lines), gap.join(facts), *note.paragraphs]
    if note.actions:
        parts.append(
            "## Actions\n\n" + "\n".join(f"{number}. {action}" for number, action in enumerate(note.actions, 1))
        )
    return "\n\n".join(parts) + "\n"
