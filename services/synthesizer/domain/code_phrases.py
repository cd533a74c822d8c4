"""Noun phrases for history and code: commits, what they changed, what stands in a file, what a branch sets."""

from typing import Any, Protocol

from services.synthesizer.domain import nouns
from shared.model import logical_form as lf

CODE_FORMS = (lf.LatestCommit, lf.CodeMeasure, lf.CodeNames, lf.BranchValue)


class Naming(Protocol):
    """Names values."""

    def value(self, form: Any) -> str:
        """Name a value."""


def code_value(speaker: Naming, form: Any) -> str:
    """Name a value of history or code."""
    match form:
        case lf.LatestCommit():
            return f"the {nouns.label(form.name)} of {commit(speaker, form)}"
        case lf.BranchValue():
            return f"the {nouns.label(form.label)} {on_branch(form)}"
        case lf.CodeNames():
            return f"the {form.name} that {source(speaker, form)} defines"
    return f"the {nouns.humane(form.name)} of {source(speaker, form)}"


def commit(speaker: Naming, form: lf.LatestCommit) -> str:
    """Name the newest commit of a branch, or the last one before a day."""
    if form.branch:
        return f"the latest commit {on_branch(form)}"
    where = nouns.repository(form.path)
    if form.before is None:
        return f"the latest commit in {where}"
    return f"the last commit in {where} before {speaker.value(form.before)}"


def on_branch(form: lf.LatestCommit | lf.BranchValue) -> str:
    """Name a branch."""
    return f"on the “{form.branch}” branch of {nouns.repository(form.path)}"


def source(speaker: Naming, form: lf.CodeMeasure | lf.CodeNames) -> str:
    """Name a source file by its path, or by the commit that changed it."""
    return form.path if form.file is None else f"the file that {commit(speaker, form.file)} changed"
