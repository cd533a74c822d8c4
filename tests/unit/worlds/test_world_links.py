import json
from collections import defaultdict

import pytest

from shared.proof.dates import read_date
from worlds.company import draw_company
from worlds.composing import compose
from worlds.vocabulary import TRADES, locales, trade
from worlds.wording import book

pytestmark = pytest.mark.unit

KINDS = {
    "csv": "list",
    "json": "list",
    "xlsx": "workbook",
    "db": "database",
    "docx": "agreement",
    "html": "page",
    "py": "source",
}


def _kind(path):
    ending = path.rpartition(".")[2]
    if ending == "md":
        return "page of a partner" if path.startswith("vault/") else "note"
    return "source" if path == "repo" else KINDS.get(ending, ending)


@pytest.fixture(scope="module", params=TRADES)
def made(request):
    return compose(3, 1, request.param)


def _kinds_by_name(mount):
    """Kinds of files in which something is the subject of a fact, or is named by one."""
    kinds = defaultdict(set)
    for entity, facts in mount.entities():
        for fact in facts.values():
            for path, _ in fact.places:
                kinds[entity.id].add(_kind(path))
                kinds[fact.value].add(_kind(path))
    return kinds


def test_products_partners_and_rooms_stand_in_three_kinds_of_files(made):
    company, mount = made
    kinds = _kinds_by_name(mount)
    wanted = [
        *(item.sku for item in company.products),
        *(supplier.name for supplier in company.suppliers),
        *(customer.name for customer in company.customers),
        *(site.name for site in company.sites),
    ]
    assert {name: sorted(kinds[name]) for name in wanted if len(kinds[name]) < 3} == {}
    assert all(len(kinds[item.sku]) >= 5 for item in company.products)


def test_near_names_contradictions_and_gaps_are_there_and_labelled(made):
    company, mount = made
    planted = defaultdict(list)
    for one in mount.planted:
        planted[one["kind"]].append(one)
    for one in planted["near_duplicate"]:
        names = [item.name for item in company.products] + [customer.name for customer in company.customers]
        assert set(one["names"]) <= set(names)
    (contradiction,) = planted["contradiction"]
    place = contradiction["places"][0]
    assert f"{place['label']}: {contradiction['says']} days" in mount.files[place["file"]].decode()
    assert contradiction["authority"] in mount.files[contradiction["named_in"]].decode()
    agreed = {fact.value for entity, facts in mount.entities() for name, fact in facts.items()
              if entity.id == contradiction["id"] and name == "lead_time"}  # fmt: skip
    assert agreed == {contradiction["holds"]} != {contradiction["says"]}
    assert {(one["type"], one["attribute"]) for one in planted["missing"]} == {
        ("product", "reorder_level"),
        ("person", "extension"),
    }


def test_what_is_planted_stands_in_the_index(made):
    index = json.loads(made[1].index_json())
    assert index["planted"] == [json.loads(json.dumps(one)) for one in made[1].planted]


def test_a_trade_says_nothing_in_words_of_goods(made):
    company, mount = made
    if company.vocabulary in ("coffee", "strings", "bakery", "bicycles"):
        return
    strange = ("sku", "shopping", "weight", "pallet before it leaves", "web shop", "warehouse")
    for path, content in mount.files.items():
        text = (
            content.decode(errors="ignore").lower()
            if path.endswith((".md", ".html", ".py", ".csv", ".json", ".log"))
            else ""
        )
        assert [word for word in strange if word in text] == [], path


def test_no_two_names_of_a_world_hold_each_other(made):
    company, _ = made
    people = [person.name for person in company.employees] + [supplier.contact for supplier in company.suppliers]
    assert len({name.split()[0] for name in people}) == len(people)
    names = [*people, *(item.name for item in company.products), *(one.name for one in company.suppliers),
             *(one.name for one in company.customers)]  # fmt: skip
    assert [(one, other) for one in names for other in names if one != other and f" {one} " in f" {other} "] == []


def test_days_are_written_in_forms_with_one_reading():
    forms = set()
    for seed in range(40):
        company = draw_company(seed, 1)
        day = company.orders[0].day
        assert read_date(company.units.day(day)) == day
        forms.add(company.units.dates)
    assert forms == {"iso", "day first", "month first"}


def test_locales_and_trades_are_all_drawn():
    drawn = [draw_company(seed, 1) for seed in range(60)]
    assert {company.vocabulary for company in drawn} == set(TRADES)
    assert {company.locale for company in drawn} == {locale.name for locale in locales()}


@pytest.mark.parametrize("name", TRADES)
def test_every_trade_has_enough_words_and_a_book(name):
    words = trade(name)
    made = {category for _, _, _, _, categories in words.suppliers for category in categories}
    assert len(words.products) >= 30
    assert {category for _, category, _, _ in words.products} <= made
    assert {
        book(words.book).at(f"duties.{duty}") for duty in ("buying", "selling", "stock", "quality", "money")
    } <= set(words.departments)
    for kind, known in (("products", {product[0] for product in words.products}), ("customers", set(words.customers))):
        assert all({*pair} <= known for pair in words.near[kind])
