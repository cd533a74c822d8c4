"""What the files have to say after a change, computed from the files alone and held against the end state."""

from decimal import Decimal

from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import Value
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.proof.canonical import number_text
from shared.proof.end_state import Kind, PathChange, content_digest, end_state


def misplaced(evaluator: Evaluator, change: lf.Change, end_state_json: str) -> str:
    """Say how an end state differs from what was asked for; empty where it does not.

    Raises:
        Rejected: a value that is to be written has no denotation.
        Unread: it cannot be read, or could be written in several ways.
    """
    if change.path in evaluator.world.paths():
        return f"{change.path} is there already"
    lines = [f"{line.label}: {_written(evaluator.value(line.value))}" for line in change.lines]
    made = PathChange(change.path, Kind.CREATED, content_digest("\n".join(lines).encode()))
    if end_state([made]) == end_state_json:
        return ""
    return f"{change.path} has to say {'; '.join(lines)[:200]!r}, what is left says something else or elsewhere"


def _written(value: Value) -> str:
    if isinstance(value, Decimal):
        # 25.6 may stand as 25.60 in a file, and then nobody can say which of the two is meant.
        if value != value.to_integral_value():
            raise Unread("a number with a fraction is written in more than one way")
        return number_text(int(value))
    if not isinstance(value, str) or value != value.strip() or "\n" in value:
        raise Unread("what is to be written is no text of one line")
    return value
