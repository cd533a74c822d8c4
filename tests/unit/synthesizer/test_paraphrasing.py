"""A model's words are taken only where they keep what the deterministic text says."""

import asyncio

import pytest

from services.synthesizer.domain.backward import drafts
from services.synthesizer.domain.paraphrasing import Paraphraser
from shared.model.errors import Rejected
from tests.unit.synthesizer.explorations import catalogue, exploration, note_call, weight_call


class Scripted:
    """Answers with one prompt, or refuses."""

    def __init__(self, prompt):
        self._prompt = prompt

    async def complete_json(self, role, messages, schema, subject):
        if self._prompt is None:
            raise Rejected("no_valid_answer")
        return {"prompt": self._prompt(messages[-1]["content"])}


def written(prompt):
    made = exploration([note_call(), weight_call()])
    (draft,) = drafts(made, catalogue())
    return draft, asyncio.run(Paraphraser(Scripted(prompt)).paraphrase(draft, made))


def test_other_words_for_the_same_are_taken_and_the_id_stays():
    before, after = written(lambda text: f"hi, quick one. {text[0].lower()}{text[1:]}")
    assert after.task.prompt.startswith("hi, quick one.")
    assert after.task.task_id == before.task.task_id
    assert '"writer":"write"' in after.task.provenance_json


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("“weight_lb”", "“weight”"),
        lambda text: f"{text} It is about 8 pounds.",
        lambda text: f"{text} (it is the Brass Lamp)",
        lambda text: f"{text} Use look_into.",
        lambda text: "What is it?",
    ],
    ids=["a key changed", "a number added", "the answer given away", "a tool named", "everything lost"],
)
def test_words_that_change_the_meaning_are_not_taken(change):
    before, after = written(change)
    assert after == before


def test_refusal_keeps_the_deterministic_text():
    before, after = written(None)
    assert after == before
