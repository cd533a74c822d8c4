"""How little may do: questions that one query over tables, or one read of several plain files, answers."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from shared.model import logical_form as lf
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import parse

_PLAIN = frozenset((".csv", ".json", ".md", ".txt", ".html", ".log"))
_HISTORY = (lf.LatestCommit, lf.Commit, lf.BranchValue, lf.FileMeasure, lf.FileNames)


def is_single(calls: Sequence[PlannedCall]) -> bool:
    """Tell whether one call may do, whatever the plan takes: all that is needed stands in one file or in plain ones.

    The verifier counts such a task as one call (`min_known_calls`), however many the reference makes.
    """
    question = next(filter(None, map(_question, calls)), None)
    if len(calls) == 1 or question is None:
        return len(calls) == 1
    forms = lf.walk(question)
    # History lies in no file that a plain read would show.
    if any(isinstance(form, _HISTORY) for form in forms):
        return False
    paths = set(_paths(forms))
    return len(paths) == 1 or all(PurePosixPath(path).suffix.lower() in _PLAIN for path in paths)


def _question(call: PlannedCall) -> Any:
    meaning = parse(call.meaning_json)
    return lf.from_json(meaning["question"]) if isinstance(meaning, dict) and "question" in meaning else None


def _paths(forms: Sequence[Any]) -> Iterator[str]:
    for form in forms:
        if isinstance(form, lf.Keyed | lf.Extreme | lf.Aggregate):
            yield form.table.path
        elif isinstance(form, lf.SheetValue):
            yield form.tables[0].path
        elif isinstance(form, lf.Fact | lf.DocumentProperty | lf.CodeMeasure):
            yield form.path
