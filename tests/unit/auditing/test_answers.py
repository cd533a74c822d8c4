"""One checker per answer type: every way to write the truth is rewarded, no almost right answer is."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.auditing.answers import judge, reward_of
from cli.auditing.near_misses import near_misses, wrong_values
from cli.auditing.neighbours import neighbours
from cli.auditing.renderings import FEWEST, equivalents, renderings
from shared.model.tasks import FieldEvidence, Source
from shared.proof import equality
from shared.proof.canonical import canonical
from shared.proof.equality import TYPES
from shared.proof.results import canonical_result
from tests.fakes.export import write_export

EXAMPLES = {
    "string": ({"type": "string"}, "Kestrel Paper Sacks"),
    "number": ({"type": "number", "unit": "CAD", "tolerance": "0.01"}, Decimal("1234.50")),
    "integer": ({"type": "integer", "unit": "kg"}, 1234),
    "boolean": ({"type": "boolean"}, True),
    "date": ({"type": "date"}, "2026-03-14"),
    "time": ({"type": "time"}, "09:30"),
    "datetime": ({"type": "datetime"}, "2026-03-14T09:30:00+01:00"),
    "list": ({"type": "list", "items": "string"}, ["Ada Nnadi", "Bo Lind"]),
    "set": ({"type": "set", "items": "string"}, ["Ada Nnadi", "Bo Lind"]),
}
WORDS = st.text("abcdefgAZéß -'", min_size=1, max_size=20).filter(lambda text: sum(map(str.isalnum, text)) > 2)
NUMBERS = st.decimals(-(10**9), 10**9, places=2)
ZONES = st.none() | st.sampled_from([0, 1, -5]).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
TRUTHS = {
    "string": WORDS | st.from_regex(r"[A-Z]{2,3}-\d{1,5}", fullmatch=True),
    "number": NUMBERS,
    "integer": st.integers(-(10**9), 10**9),
    "boolean": st.booleans(),
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat),
    "time": st.times().map(lambda moment: f"{moment:%H:%M}"),
    "datetime": MOMENTS.map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "list": st.lists(WORDS, min_size=1, max_size=3, unique=True),
    "set": st.lists(WORDS, min_size=1, max_size=3, unique_by=str.casefold),
}
FIELDS = {
    "number": [{"unit": "CAD", "tolerance": "0.01"}, {"unit": "percent"}, {"decimals": 2}, {}],
    "integer": [{}, {"unit": "day"}],
    "list": [{"items": "string"}],
    "set": [{"items": "string"}],
}


def test_there_is_an_example_of_every_type():
    assert set(EXAMPLES) == set(TRUTHS) == TYPES


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_each_type_has_twelve_renderings_and_twelve_near_misses(kind):
    declared, truth = EXAMPLES[kind]
    right, wrong = equivalents(declared, truth), wrong_values(declared, truth)
    assert len(right) >= FEWEST
    assert len(wrong) >= FEWEST
    assert not set(right) & set(wrong)
    assert [text for text in right if reward_of(f'{{"a": {text}}}', {"a": truth}, {"a": declared}) != 1] == []
    assert [text for text in wrong if reward_of(f'{{"a": {text}}}', {"a": truth}, {"a": declared}) != 0] == []


@pytest.mark.parametrize("kind", sorted(TYPES))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_truth_is_rewarded_however_it_is_written_and_nothing_near_it(kind, data):
    declared = {"type": kind, **data.draw(st.sampled_from(FIELDS.get(kind, [{}])))}
    truth = {"a": data.draw(TRUTHS[kind]), "b": 17}
    types = {"a": declared, "b": {"type": "integer"}}
    for answer in renderings(truth, types):
        assert reward_of(answer, truth, types) == 1, answer
    for answer in near_misses(truth, types, {}):
        assert reward_of(answer, truth, types) == 0, answer


def test_a_checker_that_ignores_units_or_tolerance_would_be_told(monkeypatch):
    declared, truth = EXAMPLES["number"]
    types = {"a": declared}
    monkeypatch.setattr(equality, "_unit_agrees", lambda answer_type, given: True)
    assert any(reward_of(answer, {"a": truth}, types) for answer in near_misses({"a": truth}, types, {}))
    monkeypatch.undo()
    monkeypatch.setattr(equality, "_tolerance", lambda answer_type, right: Decimal(2))
    assert any(reward_of(answer, {"a": truth}, types) for answer in near_misses({"a": truth}, types, {}))


def test_a_checker_that_reads_texts_only_would_be_told(monkeypatch):
    declared, truth = EXAMPLES["date"]
    monkeypatch.setattr(equality, "_as_date", lambda value: value)
    assert not all(
        reward_of(answer, {"a": truth}, {"a": declared}) for answer in renderings({"a": truth}, {"a": declared})
    )


def test_neighbours_are_what_the_rows_next_to_the_cited_one_derive():
    text = "item,price\nflour,10\nyeast,12\nsalt,12\n"
    results = {"c1": canonical_result([{"type": "text", "text": text}], {"rows": [{"n": 5}, {"n": 6}]}, False)}
    cell = canonical([{"pointer": "/content/0/text"}, {"table": {"row": 1, "column": "price"}}])
    twice = canonical([{"name": "number"}])
    assert neighbours(FieldEvidence("a", (Source("c1", cell, ""),), twice), results) == [10, 12]
    number = canonical([{"pointer": "/structuredContent/rows/1/n"}])
    assert neighbours(FieldEvidence("a", (Source("c1", number, ""),), "[]"), results) == [5]


def test_every_answer_of_an_export_is_judged(tmp_path):
    write_export(tmp_path / "out")
    judged = judge(tmp_path / "out")
    assert (judged.tasks, judged.refused_renderings, judged.rewarded_near_misses) == (2, (), ())
    assert min(judged.fewest) >= FEWEST
    assert judged.types == {"number": 4}


def test_midnight_is_a_time():
    declared = {"type": "time"}
    assert all(
        reward_of(f'{{"a": {form}}}', {"a": "00:00"}, {"a": declared}) for form in equivalents(declared, "00:00")
    )
