import json
from collections import Counter
from decimal import Decimal, InvalidOperation

import pytest

from shared.proof.dates import read_date
from tests.unit.worlds.places import read_place

pytestmark = pytest.mark.unit


def _index(world):
    return json.loads((world / "entities.json").read_text(encoding="utf-8"))["entities"]


def _same(value, text):
    try:
        return Decimal(value) == Decimal(text)
    except InvalidOperation:
        return value == text or value in text or str(read_date(text)) == value


def test_every_fact_stands_where_the_index_says(world):
    wrong = [
        (entity["id"], fact["attribute"], fact["value"], place)
        for entity in _index(world)
        for fact in entity["facts"]
        for place in fact["places"]
        if not _same(fact["value"], read_place(world / "files", place))
    ]
    assert wrong == []


def test_the_same_entities_occur_in_several_formats(world):
    formats: dict[str, set[str]] = {}
    for entity in _index(world):
        places = {place["file"].rpartition(".")[2] for fact in entity["facts"] for place in fact["places"]}
        formats.setdefault(entity["type"], set()).update(places)
    assert len(formats["product"]) >= 4
    assert len(formats["supplier"]) >= 3
    assert len(formats["site"]) >= 3
    assert formats["order"] >= {"csv", "md"}


def test_facts_join_across_files(world):
    shared = [
        fact
        for entity in _index(world)
        for fact in entity["facts"]
        if len({place["file"] for place in fact["places"]}) > 1
    ]
    kinds = Counter(fact["attribute"] for fact in shared)
    assert {"price", "lead_time", "contact", "limit_temperature", "value"} <= set(kinds)


def test_names_are_unique(world):
    names = [
        (entity["type"], fact["value"])
        for entity in _index(world)
        for fact in entity["facts"]
        if fact["attribute"] in ("name", "title")
    ]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    assert repeated == []


def test_supplier_contacts_are_nobody_who_works_here(world):
    index = _index(world)
    staff = {entity["id"] for entity in index if entity["type"] == "person"}
    contacts = [fact["value"] for entity in index for fact in entity["facts"] if fact["attribute"] == "contact"]
    assert contacts
    assert not staff & set(contacts)
