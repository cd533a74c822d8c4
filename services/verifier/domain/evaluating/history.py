"""What a repository says: commits by branch or day, what they change, what branches set constants to."""

import ast
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from services.verifier.domain.evaluating.reading import Value, day_of
from services.verifier.domain.evaluating.world import AMBIGUOUS, NO_REFERENT, Commit, History, Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.logical_sources import CHANGED_FILE
from shared.proof.words import words

_SAID = ("commit", "author", "email", "date", "message")


def newest(history: History, branch: str = "", before: Value | None = None) -> Commit:
    """Find the newest commit of a branch, or of those before a day.

    Raises:
        Rejected: there is none, two share the moment, or `before` is no day.
        Unread: the history cannot be read.
    """
    commits: Sequence[Commit] = history.commits(branch)
    if before is not None:
        day = day_of(before)
        if day is None:
            raise Rejected(NO_REFERENT, f"{before!r} is no day")
        dawn = datetime.combine(day, time(), UTC).timestamp()
        commits = [commit for commit in commits if commit.committed < dawn]
    if not commits:
        raise Rejected(NO_REFERENT, f"there is no commit {branch} before {before}")
    # Git orders commits of one second as it likes.
    latest = [commit for commit in commits if commit.committed == commits[0].committed]
    if len(latest) > 1:
        raise Rejected(AMBIGUOUS, f"{len(latest)} commits share the newest moment")
    return latest[0]


def said_of(commit: Commit, name: str) -> str:
    """Return an attribute of a commit; raises Rejected for the one file of a commit that changes several."""
    if name == CHANGED_FILE:
        if len(commit.changed) != 1:
            raise Rejected(AMBIGUOUS, f"commit {commit.commit[:8]} changes {len(commit.changed)} files")
        return commit.changed[0]
    said = " ".join(words(name))
    if said not in _SAID:
        raise Unread(f"a commit's {name} is not evaluated")
    return str(getattr(commit, said))


def branch_value(history: History, form: lf.BranchValue) -> Decimal:
    """Find the number that a branch gives a constant, which the checked-out branch sets to another.

    Raises:
        Rejected: it sets none, several, or the same.
    """
    there, here = _constants(history.files(form.branch), form.name), _constants(history.files(), form.name)
    found = set(there) - set(here)
    if not found:
        raise Rejected(NO_REFERENT, f"branch {form.branch} does not change {form.name}")
    if len(set(there)) > 1:
        raise Rejected(AMBIGUOUS, f"branch {form.branch} sets {form.name} to several numbers")
    return found.pop()


def _constants(files: Sequence[tuple[str, str]], name: str) -> list[Decimal]:
    return [value for path, text in files if path.endswith(".py") for value in _assigned(path, text, name)]


def _assigned(path: str, text: str, name: str) -> Iterator[Decimal]:
    try:
        # Parsed, never run: the repository was written by strangers.
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unread(f"{path} is no Python that can be read: {error}") from error
    for node in body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            yield from _number(ast.get_source_segment(text, node.value) or "")


def _number(source: str) -> Iterator[Decimal]:
    try:
        value = ast.literal_eval(source)
    except (SyntaxError, ValueError):
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield Decimal(repr(value))
