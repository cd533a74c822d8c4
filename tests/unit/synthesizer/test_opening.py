"""A question of several parts says first what it is about: named once, and by one noun."""

import random
import re

import pytest

from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sentences import ask
from services.synthesizer.domain.sources import aside, sourced
from services.synthesizer.domain.tidying import polite
from shared.model import logical_form as lf
from shared.model.values import ValueKind

PARTS = lf.Table("stock/parts.csv", "parts", "csv")
MAKERS = lf.Table("stock/makers.csv", "makers", "csv")
PRICES = lf.Table("finance/plan.xlsx", "Rates", "xlsx")
STAFF = lf.Table("people/staff.json", "staff", "json")
TEAMS = lf.Table("finance/teams.xlsx", "Budget", "xlsx")
SHELVES = tuple(lf.Table("count/count.xlsx", name, "xlsx") for name in ("Attic", "Cellar"))
KEYS = {
    PARTS: ("part_no", "name"),
    MAKERS: ("name",),
    PRICES: ("Part no",),
    STAFF: ("full_name",),
    TEAMS: ("Department",),
}
NUMBER = lf.Fact("letters/a.docx", "Offer 7", "Part no", ValueKind.IDENTIFIER)
NAME = lf.Fact("letters/a.docx", "Offer 7", "Item", ValueKind.NAME)
AGREED = lf.Fact("letters/a.docx", "Offer 7", "Purchase price", ValueKind.QUANTITY, "EUR")
PART, PRICED = lf.Keyed(PARTS, "name", NAME), lf.Keyed(PRICES, "Part no", NUMBER)
COUNTED = lf.SheetValue(
    SHELVES, lf.Literal("Attic", ValueKind.NAME), "Part no", NUMBER, "Packs counted", ValueKind.NUMBER
)
OWNER = lf.Keyed(STAFF, "full_name", lf.Fact("letters/b.html", "House rules", "Owner", ValueKind.NAME))
TEAM = lf.Keyed(TEAMS, "Department", lf.Attribute(OWNER, "team", ValueKind.NAME))
SEEDS = range(60)


def value(entity, column, unit=""):
    return lf.Attribute(entity, column, ValueKind.QUANTITY if unit else ValueKind.NAME, unit)


def said(*values, named=()):
    question = lf.Question("dossier", tuple(lf.Field(f"f{index}", one) for index, one in enumerate(values)))
    return [polite(ask(Speaker(KEYS, frozenset(named)), question, random.Random(seed))) for seed in SEEDS]


def test_number_item_and_price_row_of_one_letter_are_one_part():
    texts = said(value(PART, "weight_kg", "kg"), value(PRICED, "List price", "EUR"), COUNTED)
    for text in texts:
        assert text.count("7") == 1
        assert len(re.findall(r"\bpart\b (?:named )?in the", text)) == 1
        assert not re.search(r"\b(?:rate|row|item)\b", text.replace("“Rates”", ""))
        assert re.search(r"how many packs (?:did we count|were counted) for (?:it|that part)", text, re.IGNORECASE)
    assert len({text.partition(".")[0] for text in texts}) > 5


def test_behind_what_a_letter_gives_the_part_is_named_again():
    for text in said(AGREED, value(PART, "weight_kg", "kg"), COUNTED):
        behind = text.partition("purchase price")[2]
        assert re.match(r".*?\b(?:that part|part named in the offer)\b", behind)
        assert not re.match(r"[^.?]*[.?][^.?]*\bits\b", behind)


def test_months_of_one_team_are_said_together_and_have_one_purpose():
    for text in said(value(OWNER, "mail"), value(TEAM, "May_EUR", "EUR"), value(TEAM, "Jun_EUR", "EUR")):
        assert "the May and June budgets of their team" in text
        assert text.count("House rules") == 1


def test_who_heads_a_team_is_asked_as_a_question():
    for text in said(value(OWNER, "mail"), value(TEAM, "Head"), value(TEAM, "People")):
        assert re.search(r"[Ww]ho heads their team, and how many people are in it\?", text)
        assert "name of the head" not in text


def test_please_is_said_once_and_never_becomes_an_order():
    for text in said(value(PART, "weight_kg", "kg"), value(PRICED, "List price", "EUR"), COUNTED, AGREED):
        assert not re.search(r"(?:^|[.?] )(?:Look up|Find|Work out|Send|Check|Go) ", text)


@pytest.mark.parametrize("seed", range(12))
def test_a_source_stands_in_the_sentence_it_belongs_to(seed):
    rng = random.Random(seed)
    first = sourced(f"What is its price{aside('in the parts list')}?", rng)
    assert re.fullmatch(
        r"(?:\w+ing (?:to|by) the parts list, w|W)hat is its price(?:, \w+ing (?:to|by) the parts list)?\?", first
    )
    assert first.count("parts list") == 1
    again = sourced(f"I need its weight{aside('in the parts list')}.", rng, before=first)
    assert re.fullmatch(r"I need its weight, \w+ing (?:to|by) the same list\.", again)


def test_a_sheet_of_a_book_is_named_with_its_book():
    texts = said(value(PART, "weight_kg", "kg"), value(PRICED, "List price", "EUR"), named=[PRICES])
    assert all(re.search(r"(?:to|by) the “Rates” sheet of the plan workbook[,.?]", text) for text in texts)
