"""Noun phrases for history and code: commits, what they changed, what stands in a file, what a branch sets."""

from typing import Any, Protocol

from services.synthesizer.domain import nouns
from services.synthesizer.domain.referring import Known, identity
from shared.model import logical_form as lf

CODE_FORMS = (lf.LatestCommit, lf.Commit, lf.CodeMeasure, lf.FileMeasure, lf.FileNames, lf.BranchValue)
COMMITS = (lf.LatestCommit, lf.Commit)


class Naming(Protocol):
    """Names values."""

    @property
    def known(self) -> Known:
        """What the text spoke of before."""

    def value(self, form: Any) -> str:
        """Name a value."""


def code_value(speaker: Naming, form: Any) -> str:
    """Name a value of history or code."""
    match form:
        case lf.LatestCommit() | lf.Commit():
            return f"the {nouns.label(form.name)} of {commit(speaker, form)}"
        case lf.BranchValue():
            return f"the {nouns.label(form.label)} {on_branch(form)}"
        case lf.FileNames():
            return f"the {form.name} that {source(speaker, form)} defines"
    return f"the {nouns.humane(form.name)} of {source(speaker, form)}"


def commit(speaker: Naming, form: lf.LatestCommit | lf.Commit) -> str:
    """Name the newest commit of a branch, or the last one before a day."""
    if again := speaker.known.of(identity(form)):
        return again
    # Said, because every branch has a latest commit.
    where = f"on the checked-out branch of {nouns.repository(form.path)}"
    if isinstance(form, lf.Commit) and form.branch:
        return f"the latest commit {on_branch(form)}"
    if isinstance(form, lf.Commit) and form.before is not None:
        return f"the last commit before {_moment(speaker, form.before)} {where}"
    return f"the latest commit {where}"


def _moment(speaker: Naming, value: Any) -> str:
    return nouns.day(value.text) if isinstance(value, lf.Literal) else speaker.value(value)


def on_branch(form: lf.Commit | lf.BranchValue) -> str:
    """Name a branch."""
    return f"on the “{form.branch}” branch of {nouns.repository(form.path)}"


def source(speaker: Naming, form: lf.CodeMeasure | lf.FileMeasure | lf.FileNames) -> str:
    """Name a source file by its path, or by the commit that changed it."""
    return form.path if isinstance(form, lf.CodeMeasure) else f"the file that {commit(speaker, form.file)} changed"
