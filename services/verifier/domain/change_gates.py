"""Is what has to be left well-formed, and is it anything at all?"""

from services.verifier.domain.case import Case
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse, parse_canonical
from shared.proof.end_state import UNTOUCHED, Kind

_MEMBERS = {"path", "kind", "sha256"}


def bad_end_state(case: Case) -> str | None:
    """Refuse an end state without a change that is asked for, a change without one, and a list of another form."""
    text, question = case.task.end_state_json, _question(case)
    asks = question is not None and question.change is not None
    if bool(text) != asks:
        return "what is asked to be changed has no end state" if asks else "an end state, and nothing asked for it"
    if question is None or not asks:
        return None
    if question.missing is not None:
        return "nobody can write down what the files do not say"
    paths = parse_canonical(text)
    if not isinstance(paths, list) or canonical(paths) != text or not all(map(_is_row, paths)):
        return "the end state is no canonical list of paths"
    names = [row["path"] for row in paths]
    return None if names == sorted(set(names)) else "the end state names a path twice, or not in order"


def idle_end_state(case: Case) -> str | None:
    """Refuse a task that changes nothing: doing nothing would be right."""
    return "nothing is different at the end" if case.task.end_state_json == UNTOUCHED else None


def _question(case: Case) -> lf.Question | None:
    try:
        form = lf.from_json(parse(case.task.logical_form_json or "{}"))
    except (ValueError, Rejected):
        return None
    return form if isinstance(form, lf.Question) else None


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or set(row) != _MEMBERS or row["kind"] not in tuple(Kind):
        return False
    path = row["path"]
    # Inside the world, however it is spelled: no episode's difference names anything else.
    return isinstance(path, str) and bool(path) and not path.startswith("/") and ".." not in path.split("/")
