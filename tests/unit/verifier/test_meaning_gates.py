"""Each reason of the second evaluator has a world and a question that it alone refuses; a twin beside it passes."""

from decimal import Decimal

import pytest

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.meaning import MEANING_GATES, Meanings
from shared.model import logical_form as lf
from shared.model.tasks import Uniqueness
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from tests.unit.verifier.built_world import NAMED, NUMBER, task_of

PARTS = """part_id,name,maker,weight_kg,price_eur
P-10,Bolt,Nord,1.5,4.00
P-11,Nut,Süd,0.5,9.00
P-12,Hinge,Nord,2.5,9.00
P-12b,hinge,Süd,3.5,5.00
"""
LIST = """part_id,name,price_eur
P-10,Bolt,{price}
P-11,Nut,9.00
"""
NOTE = """# Parts review {about}

- Date: {day}
- Part: {about}
- Weight: {weight}
- Verdict: keep
"""
PARTS_TABLE = lf.Table("stock/parts.csv", "parts", "csv")


@pytest.fixture
def world(tmp_path):
    """Write a small world; `changes` replace files."""

    def make(**changes):
        files = {
            "stock/parts.csv": PARTS,
            "office/list.csv": LIST.format(price="4.00"),
            "notes/bolt.md": NOTE.format(about="Bolt", day="2026-01-04", weight="1500 g"),
            "notes/nut.md": NOTE.format(about="Nut", day="2026-01-05", weight="0.5 kg"),
        } | {name.replace("__", "/"): text for name, text in changes.items()}
        for name, text in files.items():
            path = tmp_path / (name if "." in name else f"{name}.md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Meanings(FileWorld(tmp_path, "2026-03-01T09:00:00+00:00"))

    return make


def part(name, column="name"):
    return lf.Keyed(PARTS_TABLE, column, lf.Literal(name, NAMED))


def price(of):
    return lf.Attribute(of, "price_eur", ValueKind.QUANTITY, "EUR")


def reason(meanings, form, truth, **how):
    refusal = meanings.meaning(task_of(form, truth, **how), {}).refusal
    return refusal.reason if refusal else ""


def test_question_with_one_answer_passes_all_of_them(world):
    meaning = world().meaning(task_of(price(part("Bolt")), 4), {})
    assert (meaning.uniqueness, meaning.refusal) == (Uniqueness.PROVEN, None)
    told = {"no_such_referent", "ambiguous_selector", "contradicting_source", "meaning_mismatch"}
    absent = {"false_absence", "held_elsewhere", "no_twin", "unproven_absence"}
    assert set(MEANING_GATES) == {*told, *absent, "idle_condition", "untimely", "guessable_referent"}


@pytest.mark.parametrize(
    "form",
    [
        price(part("Screw")),
        price(lf.Keyed(lf.Table("stock/gone.csv", "gone", "csv"), "name", lf.Literal("Bolt", NAMED))),
        price(lf.Keyed(lf.Table("stock/parts.csv", "other", "csv"), "name", lf.Literal("Bolt", NAMED))),
        lf.Attribute(part("Bolt"), "colour", NAMED),
        lf.Fact("notes/bolt.md", "Parts review", "Owner", NAMED, dated="2026-01-04"),
        lf.Fact("notes/bolt.md", "Stock plan", "Verdict", NAMED),
        lf.Fact("notes/bolt.md", "Parts review", "Verdict", NAMED, dated="2026-01-05"),
        lf.Aggregate(PARTS_TABLE, lf.Function.MEAN, "price_eur",
                     (lf.Condition("maker", lf.Operator.EQUAL, lf.Literal("West", NAMED)),)),
        price(lf.Extreme(PARTS_TABLE, "price_eur", lf.Direction.LOWEST,
                                        (lf.Condition("maker", lf.Operator.EQUAL, lf.Literal("West", NAMED)),))),
    ],
)  # fmt: skip
def test_selector_that_picks_nothing_is_refused(world, form):
    assert reason(world(), form, 4) == "no_such_referent"


@pytest.mark.parametrize(
    "form",
    [
        price(part("Hinge")),
        lf.Attribute(part("Nord", "maker"), "name", NAMED),
        lf.Attribute(lf.Extreme(PARTS_TABLE, "price_eur", lf.Direction.HIGHEST), "name", NAMED),
        lf.Fact("notes/bolt.md", "Parts review", "Verdict", NAMED),
    ],
)
def test_selector_that_picks_several_is_refused(world, form):
    assert reason(world(), form, 4) == "ambiguous_selector"


def test_document_named_by_its_date_or_by_all_of_its_title_is_one(world):
    for title, dated in (("Parts review", "2026-01-04"), ("Parts review Bolt", "")):
        assert reason(world(), lf.Fact("notes/bolt.md", title, "Verdict", NAMED, dated=dated), "keep") == ""


def test_document_with_another_subject_in_its_title_does_not_compete(world):
    meanings = world(
        notes__rules="# Storage rules checklist\n\n- Verdict: keep\n", notes__short="# Storage rules\n\n- Verdict: no\n"
    )
    assert reason(meanings, lf.Fact("notes/short.md", "Storage rules", "Verdict", NAMED), "no") == ""


def test_label_that_says_two_things_is_refused(world):
    meanings = world(notes__twice="# Two minds\n\n- Verdict: keep\n- Verdict: drop\n")
    assert reason(meanings, lf.Fact("notes/twice.md", "Two minds", "Verdict", NAMED), "keep") == "ambiguous_selector"


def test_other_table_that_says_otherwise_is_refused_unless_the_text_names_the_source(world):
    meanings = world(**{"office__list.csv": LIST.format(price="4.50")})
    form = price(part("Bolt"))
    assert reason(meanings, form, 4, prompt="What does the bolt cost?") == "contradicting_source"
    for named in ("as listed in stock/parts.csv", "in parts.csv", "on the “parts” sheet"):
        assert reason(meanings, form, 4, prompt=f"What does the bolt cost ({named})?") == ""
    assert reason(meanings, price(part("Nut")), 9, prompt="And the nut?") == ""


def test_other_document_that_says_otherwise_in_any_unit_is_refused(world):
    weight = lf.Attribute(part("Bolt"), "weight_kg", ValueKind.QUANTITY, "kg")
    assert reason(world(), weight, Decimal("1.5")) == ""
    heavier = NOTE.format(about="Bolt", day="2026-01-04", weight="1600 g")
    meanings = world(**{"notes__bolt.md": heavier})
    assert reason(meanings, weight, Decimal("1.5")) == "contradicting_source"


def test_total_over_rows_that_another_source_contradicts_is_refused(world):
    meanings = world(**{"office__list.csv": LIST.format(price="4.50")})
    total = lf.Aggregate(PARTS_TABLE, lf.Function.SUM, "price_eur", (), ValueKind.QUANTITY, "EUR")
    assert reason(meanings, total, 27) == "contradicting_source"
    assert reason(world(**{"office__list.csv": LIST.format(price="4")}), total, 27) == ""


def test_answer_that_the_files_do_not_give_is_refused(world):
    assert reason(world(), price(part("Bolt")), 5) == "meaning_mismatch"
    assert reason(world(), lf.Attribute(part("Bolt"), "maker", NAMED), "Nord") == ""
    assert reason(world(), lf.Attribute(part("Bolt"), "maker", NAMED), "Süd") == "meaning_mismatch"
    assert reason(world(), price(part("Bolt")), 4, unit="USD") == "meaning_mismatch"


def test_field_that_is_read_is_held_against_the_answer_though_another_is_not(world):
    task = task_of(price(part("Bolt")), 5)
    unread = lf.Field("other", lf.Result((), "x", NUMBER))
    question = lf.Question("test", (lf.Field("answer", price(part("Bolt"))), unread))
    task.logical_form_json = canonical(lf.to_json(question))
    task.ground_truth_json = '{"answer":5,"other":1}'
    assert world().meaning(task, {}).refusal.reason == "meaning_mismatch"
    task.ground_truth_json = '{"answer":4,"other":1}'
    assert world().meaning(task, {}).uniqueness is Uniqueness.OBSERVED
    task.ground_truth_json = '{"answer":4}'
    assert world().meaning(task, {}).refusal.reason == "meaning_mismatch"
