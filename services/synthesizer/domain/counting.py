"""Sentences about what was counted of a thing at a place."""

import random
from collections.abc import Sequence
from typing import Any

from services.synthesizer.domain import nouns, phrases
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sources import aside
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.words import words

_LONG, _FRONT = 24, 0.25


def is_counted(values: Sequence[Any]) -> bool:
    """Tell whether it is asked for what was counted, and for nothing else."""
    return len(values) == 1 and isinstance(values[0], lf.SheetValue) and "counted" in words(values[0].column)


def ask_counted(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    """Ask how many of a thing were counted at a place, and name the workbook."""
    form = values[0]
    text = counted(speaker, form, rng)
    return f"{text[:-1]}{aside(f'in {nouns.book(form.tables[0].path)}')}{text[-1]}"


def counted(speaker: Speaker, form: lf.SheetValue, rng: random.Random) -> str:
    """Ask how many of a thing were counted at a place."""
    thing, site = _thing(speaker, form), speaker.who(form.sheet, form.tables[0], "site")
    # "Packs counted" are packs; where a sheet does not say what was counted, nobody has to.
    counts = phrases.counted(form.column)
    bare = f"units of {thing}"
    many = rng.choice((f"{counts} did we count for {thing}", f"{counts} were counted for {thing}"))
    if not counts:
        many = rng.choice((f"{bare} did we count", f"{bare} were counted", f"{bare} did we count"))
    # Behind a long name, "at the site" would hang on its last noun.
    if len(thing) > _LONG or rng.random() < _FRONT:
        return f"At {site}, how many {many}?"
    return f"How many {many} at {site}?"


def _thing(speaker: Speaker, form: lf.SheetValue) -> str:
    key, table = form.key, form.tables[0]
    if speaker.known.owner(speaker.thing(key, table, form.by)):
        return "it"
    # A number is looked up by a name that the question says: the name is enough.
    named = key.entity.key if isinstance(key, lf.Attribute) and isinstance(key.entity, lf.Keyed) else None
    if isinstance(named, lf.Literal) and named.kind is not ValueKind.IDENTIFIER and named.text[:1].isupper():
        return named.text
    return speaker.who(key, table, form.by)
