"""Reading prose and document properties."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import MOUNT, Found, Infeasible, by_key
from services.sampler.domain.ports import Realising
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.canonical import canonical

_PLAIN = (".md", ".txt", ".log", ".eml", ".rst", ".ini", ".toml", ".yaml", ".yml", ".py")
_RICH = (".docx", ".html", ".htm")
_WORD = (".docx",)
_OFFICE = (".docx", ".xlsx")


def fact(realiser: Realising, form: lf.Fact) -> Found:
    """Read what a document says under a label."""
    ways = list(_fact_ways(realiser, form))
    if not ways:
        raise Infeasible(f"no way to read {form.path}")
    return realiser.rng.choice(ways)()


def document_property(realiser: Realising, form: lf.DocumentProperty) -> Found:
    """Read a document's own property."""
    ability = realiser.one(Skill.DOCUMENT_PROPERTIES)
    call = realiser.plan.add(ability.node, {ability.argument("path"): f"{MOUNT}/{form.path}"}, form)
    return by_key(call, form.name, form.kind)


def _fact_ways(realiser: Realising, form: lf.Fact) -> Iterator[Callable[[], Found]]:
    path, suffix = f"{MOUNT}/{form.path}", PurePosixPath(form.path).suffix.lower()
    if suffix in _PLAIN:
        for ability in realiser.choose(Skill.READ_TEXT, Skill.SHOW_TEXT):
            yield partial(_said, realiser, ability, reading(ability, path), form)
    if suffix in _RICH:
        for ability in converting(realiser, suffix):
            yield partial(_said, realiser, ability, reading(ability, path), form)
    if suffix in _WORD:
        for ability in realiser.choose(Skill.DOCUMENT_TEXT) if form not in realiser.flowing else ():
            yield partial(_only_cited, realiser, ability, {ability.argument("path"): path}, form)


def reading(ability: Ability, path: str) -> dict[str, Any]:
    """Write the arguments that show a file: its path, its URI, or a command that prints it."""
    if command := ability.argument("command"):
        return {command: ["cat", path] if "array" in ability.detail else f"cat {shlex.quote(path)}"}
    if uri := ability.argument("uri"):
        return {uri: f"file://{path}"}
    sort = {ability.argument("sort"): PurePosixPath(path).suffix[1:].lower()} if ability.argument("sort") else {}
    return {ability.argument("path"): path, **sort}


def converting(realiser: Realising, suffix: str) -> Iterator[Ability]:
    """List the converters that take such a file; one that must be told the type knows office documents only."""
    for ability in realiser.choose(Skill.CONVERT_DOCUMENT):
        if not ability.argument("sort") or suffix in _OFFICE:
            yield ability


def _only_cited(realiser: Realising, ability: Ability, arguments: dict[str, str], form: lf.Fact) -> Found:
    """In running text a label may stand on a line of its own, where no key leads to the value."""
    return replace(_said(realiser, ability, arguments, form), flows=False)


def _said(realiser: Realising, ability: Ability, arguments: dict[str, str], form: lf.Fact) -> Found:
    call = realiser.plan.add(ability.node, arguments, lf.Fact(form.path, form.title, "", ValueKind.FREE_TEXT))
    steps = ({"name": "number"},) if form.kind in (ValueKind.QUANTITY, ValueKind.NUMBER) else ()
    find = canonical({"label": form.key})
    return Found(call, find, form.key, form.kind, transforms_json=canonical(list(steps)), cite=steps)
