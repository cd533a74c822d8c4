"""The second evaluator says what the company's records say, whatever file it stands in, and no more than it reads."""

import json
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.tasks import Uniqueness
from shared.model.values import ValueKind
from shared.proof.dates import read_date
from shared.proof.numbers import read_number
from tests.unit.verifier.built_world import NAMED, QUANTITY, built, judged, meanings, questions, task_of

SEEDS = (7, 11, 23)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_question_means_what_the_records_say(seed):
    for name, form, truth, decimals in questions(seed):
        meaning = judged(form, truth, seed=seed, decimals=decimals)
        assert (name, meaning.refusal, meaning.uniqueness) == (name, None, Uniqueness.PROVEN)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_cell_and_label_is_read_as_it_was_written(seed):
    """`entities.json` lists every place of every fact; the readers were written without it."""
    world, read = built(seed), 0
    for entity in json.loads((world.folder / "entities.json").read_text())["entities"]:
        for fact in entity["facts"]:
            for place in fact["places"]:
                found = said_at(world.files, place)
                if found is not None:
                    read += 1
                    assert any(is_written(text, fact["value"]) for text in found), (place, fact["value"], found[:3])
    assert read > 1000


def said_at(files, place):  # noqa: PLR0911  # one return a kind of place
    """Texts that may stand in a place; None where the place is of no kind that is evaluated."""
    path = place["file"]
    if "row" in place and path.endswith(".csv"):
        (table,) = files.tables(path)
        return [table.rows[place["row"]][table.columns.index(place["column"])]]
    if "pointer" in place and path.endswith(".json"):
        *_, row, column = place["pointer"].split("/")
        (table,) = files.tables(path)
        return [table.rows[int(row)][table.columns.index(column)]]
    if "rowid" in place:
        table = next(one for one in files.tables(path) if one.name == place["table"])
        return [table.rows[place["rowid"] - 1][table.columns.index(place["column"])]]
    if "cell" in place:
        return [cell for one in files.tables(path) if one.name == place["sheet"] for row in one.rows for cell in row]
    if "label" in place:
        return [text for label, text in files.document(path).labelled if label == place["label"]]
    if path.endswith((".docx", ".html")) and "table" in place:
        return [text for pair in files.document(path).labelled for text in pair]
    if place.get("property") == "author":
        return [text for key, text in files.document(path).properties if key == "author"]
    return None


def is_written(text, value):
    number = read_number(text.split()[0]) if text.split() else None
    return (
        str(value) in (text, text[:10], str(read_date(text)))
        or str(value) in text
        or (number is not None and number == read_number(str(value)))
    )


def test_newest_commit_is_that_of_the_checked_out_branch():
    world = built()
    facts = json.loads((world.folder / "entities.json").read_text())["entities"]
    commits = [{fact["attribute"]: fact["value"] for fact in entity["facts"]} for entity in facts]
    moments = {one["moment"]: one for one in commits if {"author", "moment", "message"} <= one.keys()}
    head = world.files.history("repo").commits()[0]
    said = moments[datetime.fromisoformat(head.date).strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert (head.author, head.message) == (said["author"], said["message"])
    assert judged(lf.LatestCommit("repo", "Author", NAMED), said["author"]).uniqueness is Uniqueness.PROVEN
    assert judged(lf.LatestCommit("repo", "Author", NAMED), "Nobody Else").refusal.reason == "meaning_mismatch"


def test_local_time_is_that_of_the_worlds_date():
    world = built()
    zone = lf.Literal("Asia/Kolkata", ValueKind.TIME_ZONE)
    form = lf.LocalTime("19:30", zone, lf.Literal("America/New_York", ValueKind.TIME_ZONE))
    shown = datetime.combine(world.company.now.date(), time(19, 30), ZoneInfo("Asia/Kolkata"))
    expected = shown.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M")
    assert judged(form, expected, kind="time").uniqueness is Uniqueness.PROVEN
    assert judged(form, "19:30", kind="time").refusal.reason == "meaning_mismatch"


def test_code_is_measured_where_the_measure_has_one_definition():
    path = next(path for path in built().files.paths() if path.endswith("pricing.py") and "test" not in path)
    text = (built().folder / "files" / path).read_text()
    assert Evaluator(built().files).value(lf.CodeMeasure(path, "line_count")) == len(text.splitlines())
    assert Evaluator(built().files).value(lf.CodeMeasure(path, "function_count")) == text.count("\ndef ")
    with pytest.raises(Unread):
        Evaluator(built().files).value(lf.CodeMeasure(path, "cyclomatic_complexity"))


def test_unit_of_the_header_is_converted_to_the_one_the_form_says():
    world = built()
    product = world.company.products[0]
    row = world.keyed("products", "sku", product.sku)
    own = "kg" if world.company.units.weight == "kg" else "lb"
    grams = Decimal(1000) if own == "kg" else Decimal("453.59237")
    form = world.attribute(row, "products", "weight", QUANTITY, "g")
    assert Evaluator(world.files).value(form) == product.measure * grams
    with pytest.raises(Rejected) as caught:
        Evaluator(world.files).value(world.attribute(row, "products", "weight", QUANTITY, "m"))
    assert caught.value.reason == "no_such_referent"


def test_answer_in_another_unit_than_the_question_means_is_refused():
    name, form, truth, decimals = next(one for one in questions() if one[0] == "converted")
    assert judged(form, truth, decimals=decimals).refusal is None, name
    assert judged(form, truth, decimals=decimals, unit="g").refusal.reason == "meaning_mismatch"


def test_no_tolerance_of_the_reward_hides_a_neighbouring_value():
    _, form, truth, decimals = next(one for one in questions() if one[0] == "mean")
    assert judged(form, truth + Decimal("0.01"), decimals=decimals).refusal.reason == "meaning_mismatch"


@pytest.mark.parametrize(
    "form",
    [
        lf.Result((), "total", NAMED),
        lf.CodeMeasure("Makefile", "line_count"),
        lf.LatestCommit("nowhere", "Author", NAMED),
        lf.Fact("eslint.config.js", "rules", "x", NAMED),
    ],
)
def test_what_is_not_read_is_observed_and_never_proven(form):
    meaning = judged(form, "anything")
    assert (meaning.uniqueness, meaning.refusal) == (Uniqueness.OBSERVED, None)
    assert meaning.unread


def test_form_of_another_version_is_observed():
    task = task_of(lf.Literal("x", NAMED), "x")
    task.logical_form_json = task.logical_form_json.replace('"literal"', '"new_form"')
    meaning = meanings().meaning(task, {})
    assert (meaning.uniqueness, meaning.refusal) == (Uniqueness.OBSERVED, None)
