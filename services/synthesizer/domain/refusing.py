"""The answer of a question that nothing answers: why, and what is missing, both proven by what was read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.synthesizer.domain.answer_fields import AnswerField
from services.synthesizer.domain.citing import cited_source
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.explorations import ExecutedCall
from shared.model.tasks import FieldEvidence
from shared.proof.absence import CANNOT, MISSING, REASONS
from shared.proof.canonical import canonical
from shared.proof.evidence import derive
from shared.proof.locators import pointer

_TEXT = {"type": "string"}


def refusal(
    question: lf.Question,
    planned: Mapping[str, Any],
    calls: Mapping[str, ExecutedCall],
    volatile: Mapping[str, Sequence[str]],
) -> tuple[AnswerField, ...]:
    """Cite all rows that were read and the name that was found elsewhere.

    Args:
        question: with what is missing.
        planned: where `rows` and `name` stand (`{call, find}`), and the column `by` that would hold the name.
        calls: executed calls by id.
        volatile: places that differed in the second run, by call id.

    Raises:
        Rejected: one of them cannot be cited, or what is said to be missing is there (`not_missing`).
    """
    rows, place = cited_source(planned["rows"], calls, volatile)
    name, where = cited_source(planned["name"], calls, volatile)
    if place.columns is None or where.first:
        raise Rejected("no_citable_value", "no rows, or no name, to cite")
    by = place.columns.get(planned["by"], pointer(planned["by"]))
    # Titles above the header are rows of the sheet as well, but no entries.
    start = dict(place.first[0]["args"]) if place.first else {}
    steps = canonical([{"name": "absence", "args": {"by": by, **start}}])
    found = tuple(
        _field(key, question, FieldEvidence(key, sources, transforms), calls)
        for key, sources, transforms in ((CANNOT, (rows, name), steps), (MISSING, (name,), "[]"))
    )
    if found[0].value not in REASONS:
        raise Rejected("not_missing", f"{json.dumps(found[1].value)} is there")
    return found


def _field(key: str, question: lf.Question, evidence: FieldEvidence, calls: Mapping[str, ExecutedCall]) -> AnswerField:
    value = derive(evidence, {call_id: call.result_json for call_id, call in calls.items()})
    if not isinstance(value, str) or not value.strip():
        raise Rejected("no_citable_value", "what is missing has no name")
    return AnswerField(lf.Field(key, question.fields[-1].value), evidence, value, _TEXT)
