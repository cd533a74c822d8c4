"""What an agent's user says: one request was made, nothing is known beyond it, and turns are counted.

Tasks state everything in their prompt, so the user's answer is the same whatever is asked: a rollout of several turns
goes on, and nothing is invented that would make a task easier or have two answers.
"""

import hashlib
from dataclasses import replace

from services.simulator.domain.episodes import CLOSED, Episode, Turn
from shared.model.errors import Rejected
from shared.model.tasks import Task

MOST = 1000
"""Turns of an episode whose limits name none."""


def said(episode: Episode, turn_id: str, text: str) -> Turn | None:
    """Find a turn that was taken before.

    Raises:
        Rejected: the id is missing (`bad_turn_id`), was used for another text (`turn_id_reused`), or the episode is
            closed (`episode_closed`).
    """
    if not turn_id:
        raise Rejected("bad_turn_id", "turn_id is empty: give each turn of an episode an id of its own")
    found = next((turn for turn in episode.turns if turn.turn_id == turn_id), None)
    if found and found.digest != _digest(text):
        raise Rejected("turn_id_reused", f"turn_id {turn_id!r:.80} was used for another turn of this episode")
    if episode.closed and not found:
        raise Rejected(CLOSED.code, CLOSED.text)
    return found


def taken(episode: Episode, turn_id: str, text: str, expires_at: float) -> Episode:
    """Count a turn; one beyond the limit is not counted, it ends the episode by its budget."""
    # Not refused as an error: an agent that talks on and on has to learn it from the reward.
    is_over = turns_left(episode) == 0
    return replace(
        episode,
        turns=episode.turns if is_over else (*episode.turns, Turn(turn_id, _digest(text))),
        over_budget=episode.over_budget or is_over,
        expires_at=max(expires_at, episode.expires_at),
        version=episode.version + 1,
    )


def turns_left(episode: Episode) -> int:
    """How many turns may still be taken."""
    return max(0, (episode.limits.max_turns or MOST) - len(episode.turns))


def answer(task: Task | None) -> str:
    """What the user says."""
    if task is None:
        return "There is nothing more to say."
    return f"I have nothing to add to what I asked. Find it out with the tools and answer as {task.answer_template}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
