"""Collects the files of a world and remembers, for every fact written, where it stands."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that facts are about."""

    kind: str
    id: str


@dataclass(slots=True)
class Fact:
    """One attribute of one entity, and every place where it is written."""

    value: str
    unit: str = ""
    places: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


class Mount:
    """The files of a world under construction, and its entity index."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._facts: dict[Entity, dict[str, Fact]] = {}
        self._planted: list[Mapping[str, Any]] = []

    def write(self, path: str, content: str | bytes) -> None:
        """Add one file; a path is written once."""
        if path in self.files:
            raise ValueError(f"{path} is written twice")
        self.files[path] = content.encode() if isinstance(content, str) else content

    def state(self, entity: Entity, attribute: str, value: Cell, path: str, locator: Mapping[str, Any]) -> None:
        """Remember that a fact stands at a place; a place without a value is planted as missing.

        Raises:
            ValueError: the same fact stands elsewhere with another value, so the world would contradict itself.
        """
        text = as_text(value)
        name, _, unit = attribute.partition(":")
        if value is None:
            self.plant("missing", entity, attribute=name, places=[{"file": path, **locator}])
            return
        fact = self._facts.setdefault(entity, {}).setdefault(name, Fact(text, unit))
        if fact.value != text:
            raise ValueError(f"{entity.kind} {entity.id}: {name} is {fact.value!r}, but {path} says {text!r}")
        fact.unit = fact.unit or unit
        fact.places.append((path, locator))

    def plant(self, kind: str, entity: Entity, **label: Any) -> None:
        """Label something that a careful reader has to notice: `near_duplicate`, `contradiction` or `missing`."""
        self._planted.append({"kind": kind, "type": entity.kind, "id": entity.id, **label})

    @property
    def planted(self) -> tuple[Mapping[str, Any], ...]:
        """What was planted, in the order in which it was written."""
        return tuple(self._planted)

    def entities(self) -> Iterator[tuple[Entity, Mapping[str, Fact]]]:
        """Yield entities and their facts, sorted by kind and id."""
        for entity in sorted(self._facts, key=lambda entity: (entity.kind, entity.id)):
            yield entity, self._facts[entity]

    def index_json(self) -> str:
        """Return the entity index as text."""
        lines = (json.dumps(_entity(*item), ensure_ascii=False) for item in self.entities())
        planted = (json.dumps(one, ensure_ascii=False) for one in self._planted)
        return '{"entities": [\n' + ",\n".join(lines) + '\n],\n"planted": [\n' + ",\n".join(planted) + "\n]}\n"


def as_text(value: Cell) -> str:
    """Return how a value is written everywhere: dates as ISO 8601, decimals with the digits they have."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _entity(entity: Entity, facts: Mapping[str, Fact]) -> dict[str, Any]:
    return {"type": entity.kind, "id": entity.id, "facts": [_fact(*item) for item in sorted(facts.items())]}


def _fact(name: str, fact: Fact) -> dict[str, Any]:
    unit = {"unit": fact.unit} if fact.unit else {}
    places = [{"file": path, **locator} for path, locator in fact.places]
    return {"attribute": name, "value": fact.value, **unit, "places": places}
