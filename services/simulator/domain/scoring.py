"""The score of an episode: the public reward function over the answer, plus what the calls add to it."""

from services.simulator.domain.episodes import Episode, left_behind
from services.simulator.domain.replaying import Tier
from shared.model.errors import Rejected
from shared.model.tasks import Task
from shared.proof.reward import Outcome, Score, score, with_end_state

_UNKNOWN = (Tier.MISS, Tier.NEAREST, Tier.MODEL)
"""Tiers without the real answer: a guess that misled an agent is no more its fault than a miss."""
EXPLANATIONS = {
    Outcome.PASS: "Everything asked for is right.",
    Outcome.FAIL: "At least one field, or what was to be changed, is wrong or missing.",
    Outcome.FAIL_AFTER_MISS: "Something is wrong or missing, after a call that nothing was known about.",
    Outcome.UNPARSABLE: "The answer holds no JSON object.",
    Outcome.REFUSED: "The agent declined to answer.",
    Outcome.OVER_BUDGET: "The agent called more often than the limits allow.",
}


def score_episode(episode: Episode, task: Task | None, final_answer: str) -> Score:
    """Score a final answer.

    Raises:
        Rejected: the episode has no task (`no_task`).
    """
    if task is None:
        raise Rejected("no_task", "this episode was opened without a task: there is nothing to score")
    had_miss = any(episode.tier_counts().get(tier) for tier in _UNKNOWN)
    types = (task.answer_types_json, task.answer_schema_json)
    judged = score(final_answer, task.ground_truth_json, *types, had_miss=had_miss, over_budget=episode.over_budget)
    return with_end_state(judged, task.end_state_json, left_behind(episode), had_miss)
