"""How many calls a question is known to need, whatever the plan takes: the count that tasks are graded by.

One look shows what plain files and tables of text hold together; a sheet, a letter, a database and each state of a
repository cost a look of their own. Computing costs none (docs/logical-form.md, "The cheapest known way").
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import canonical, parse

MOST = 6
"""Questions that need more are counted with those that need so many."""
_PLAIN = frozenset((".csv", ".json", ".md", ".txt", ".html", ".htm", ".log", ".py"))
_TOGETHER = "plain files"
_COMPUTING = frozenset(("computed", "converted", "local_time"))


def effort(calls: Sequence[PlannedCall]) -> int:
    """Predict how many calls are known to do, one at least and `MOST` at most; a walk counts as one."""
    meanings = [_meaning(call) for call in calls]
    question = next((meaning["question"] for meaning in meanings if "question" in meaning), None)
    if question is None:
        return 1
    # By what a call means: which tools are pure is not written on a plan.
    made = [m for m in meanings if m.get("form", {}).get("is") not in _COMPUTING]
    # What is written takes a call of its own, behind those that find it.
    needed = len(looks([lf.from_json(question)])) + ("change" in question)
    return max(1, min(len(made), needed, MOST))


def looks(values: Iterable[Any]) -> frozenset[str]:
    """The looks that show all values."""
    return frozenset[str]().union(*map(_looks_of, values))


@lru_cache(maxsize=4096)
def _looks_of(value: Any) -> frozenset[str]:
    # One value is held against many others while a question is put together.
    return frozenset(look for form in lf.walk(value) for look in _looks(form))


def _looks(form: Any) -> Iterator[str]:
    match form:
        case lf.FileMeasure() | lf.FileNames():
            # Which file it is has to be found first.
            yield f"{form.path}/*"
        case lf.BranchValue():
            yield f"{form.path}@{form.branch}"
        case lf.Commit() | lf.LatestCommit():
            before = getattr(form, "before", None)
            branch = getattr(form, "branch", "")
            look = f"{form.path}@{branch or (canonical(lf.to_json(before)) if before is not None else '')}"
            yield look
            if form.name == CHANGED_FILE and not branch:
                yield f"{look}#changes"
        case lf.Table() | lf.Fact() | lf.DocumentProperty() | lf.CodeMeasure():
            yield _TOGETHER if PurePosixPath(form.path).suffix.lower() in _PLAIN else form.path


def _meaning(call: PlannedCall) -> dict[str, Any]:
    meaning = parse(call.meaning_json)
    return meaning if isinstance(meaning, dict) else {}
