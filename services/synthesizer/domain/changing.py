"""What a task asks to be changed: the end state that its calls left, and the sentence that asks for it."""

import random
from collections.abc import Mapping

from services.synthesizer.domain.nouns import listed
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.explorations import Exploration
from shared.proof.end_state import UNTOUCHED, left

TAGS = ("state_changing", "path_given")
"""Of a task that changes something, at a place that the user names by its path."""
_NOTE = (
    "Then put {lines} into a new file {path}, filled in, and nothing else.",
    "Also save just {lines}, filled in, as {path}.",
    "Please also leave a new file {path} with just {lines}, filled in.",
    "And write it down for me: a new file {path} that holds only {lines}, filled in.",
    "When you have it, create {path} with {lines}, filled in, and nothing else.",
    "I want it on file too: {path}, a new file with just {lines}, filled in.",
    "Make a note of it in {path} (a new file) with only {lines}, filled in.",
    "Next, start a new file {path} that says just {lines}, filled in.",
    "For the others, keep {lines}, filled in, in a new file {path}, with nothing else in it.",
    "It should end up in a file as well: {path}, with {lines}, filled in, and nothing else.",
    "Afterwards add a new file {path}, with only {lines}, filled in.",
    "Could you also set up {path} with {lines}, filled in? Nothing else should go in there.",
    "I will need that again, so create a file {path} that has only {lines}, filled in.",
    "After that, {path} should be there as a new file with just {lines}, filled in.",
)


def end_state_of(exploration: Exploration, question: lf.Question) -> str:
    """Say what the calls left; empty where nothing was to be changed.

    Raises:
        Rejected: they left nothing (`no_change`), or something else on another day (`unstable_change`).
    """
    if question.change is None:
        return ""
    states = [left(call.change_json, exploration.world_digest) for call in exploration.calls if call.change_json]
    if not states or states[-1] in ("", UNTOUCHED):
        raise Rejected("no_change", "the calls left the world as it was")
    if any(again.other_change for again in exploration.repeated):
        raise Rejected("unstable_change", "the same calls left another world in the second run")
    return states[-1]


def moving(exploration: Exploration) -> frozenset[str]:
    """Calls that moved the world."""
    return frozenset(call.call_id for call in exploration.calls if call.state.world != call.state_after.world)


def change_words(change: lf.Change, rng: random.Random) -> str:
    """Ask for the change in a sentence of its own."""
    named = [f"“{line.label}: …”" for line in change.lines]
    lines = f"the line {named[0]}" if len(named) == 1 else f"the lines {listed(named)}"
    return rng.choice(_NOTE).format(lines=lines, path=change.path)


def written_values(question: lf.Question) -> Mapping[str, lf.Form]:
    """What is written, by the label that it is written under."""
    return {} if question.change is None else {line.label: line.value for line in question.change.lines}
