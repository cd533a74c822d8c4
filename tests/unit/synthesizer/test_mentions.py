"""What documents say: a question names its document once, and what it gives is found behind that name."""

import random

import pytest

from services.synthesizer.domain.mentions import given, named, resolved
from services.synthesizer.domain.tidying import polite

NOTE = "the storage conditions note"
SEEDS = range(40)


def said(text: str) -> set[str]:
    return {resolved(text, random.Random(seed)) for seed in SEEDS}


def test_a_document_is_named_exactly_once_whichever_way_it_is_said() -> None:
    texts = said(f"What is counted at {named('site', NOTE)}, and who runs {named('site', NOTE)}?")
    assert len(texts) > 1
    for text in texts:
        assert text.count(NOTE) == 1
        assert "that site" in text
        assert not any(control in text for control in "\x1c\x1d\x1e")


def test_behind_a_lead_a_row_is_the_one_that_the_document_names() -> None:
    led = [text for text in said(f"what is counted at {named('site', NOTE)}?") if not text.startswith("what")]
    assert led
    assert all(text.endswith("What is counted at the site it names?") for text in led)


def test_two_values_of_one_document_are_told_apart_by_their_labels() -> None:
    text = f"How much higher is {given('new price', NOTE)} than {given('old price', NOTE)}?"
    for one in said(text):
        assert "the new price" in one
        assert "the old price" in one
        assert "that" not in one.replace("than", "")


def test_two_documents_are_always_named_in_place() -> None:
    for text in said(f"Is {given('penalty', 'contract A')} above {given('penalty', 'contract B')}?"):
        assert text.index("contract A") < text.index("contract B")
        assert text.startswith("Is ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Please find x. As JSON, please, with the key “a”.", "Please find x. As JSON with the key “a”."),
        ("What is x? JSON, please: “a”.", "What is x? JSON, please: “a”."),
        ("Please find x. Please answer as JSON: “a”.", "Please find x. Answer as JSON: “a”."),
        ("Please open “Please, please read”. JSON, please: “a”.", "Please open “Please, please read”. JSON: “a”."),
    ],
)
def test_please_is_said_once_and_titles_stay(text: str, wanted: str) -> None:
    assert polite(text) == wanted
