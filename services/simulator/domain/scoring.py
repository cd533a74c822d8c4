"""The score of an episode: the public reward function over the answer, plus what the calls add to it."""

from services.simulator.domain.episodes import Episode
from services.simulator.domain.replaying import Tier
from shared.model.errors import Rejected
from shared.model.tasks import Task
from shared.proof.reward import Outcome, Score, score

_UNKNOWN = (Tier.MISS, Tier.NEAREST, Tier.MODEL)
"""Tiers without the real answer: a guess that misled an agent is no more its fault than a miss."""
EXPLANATIONS = {
    Outcome.PASS: "Every field is right.",
    Outcome.FAIL: "At least one field is wrong or missing.",
    Outcome.FAIL_AFTER_MISS: "At least one field is wrong or missing, after a call that nothing was known about.",
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
    return score(
        final_answer,
        task.ground_truth_json,
        task.answer_types_json,
        task.answer_schema_json,
        had_miss=any(episode.tier_counts().get(tier) for tier in _UNKNOWN),
        over_budget=episode.over_budget,
    )
