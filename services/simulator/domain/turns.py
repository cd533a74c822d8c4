"""What an agent's user says: what its prompt held back, one fact for each turn that asks, and nothing beyond it.

Most prompts state everything, and then the answer is the same whatever is asked: a rollout of several turns goes on,
and nothing is invented that would make a task easier or have two answers.
"""

import hashlib
from dataclasses import replace

from services.simulator.domain.episodes import CLOSED, Episode, Turn
from shared.model.errors import Rejected
from shared.model.tasks import Task
from shared.proof.asking import asks

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


def taken(episode: Episode, turn_id: str, text: str, expires_at: float, task: Task | None = None) -> Episode:
    """Count a turn; one beyond the limit is not counted, it ends the episode by its budget."""
    # Not refused as an error: an agent that talks on and on has to learn it from the reward.
    is_over = turns_left(episode) == 0
    # Which fact a turn is told is kept with it: repeated, forked or on another replica it is told the same.
    turn = Turn(turn_id, _digest(text), _told(episode, text, task))
    return replace(
        episode,
        turns=episode.turns if is_over else (*episode.turns, turn),
        over_budget=episode.over_budget or is_over,
        expires_at=max(expires_at, episode.expires_at),
        version=episode.version + 1,
    )


def turns_left(episode: Episode) -> int:
    """How many turns may still be taken."""
    return max(0, (episode.limits.max_turns or MOST) - len(episode.turns))


def answer(task: Task | None, turn: Turn | None = None) -> str:
    """What the user says to a turn."""
    if task is None:
        return "There is nothing more to say."
    if turn and turn.tells >= 0:
        return task.held_back[turn.tells].said
    return f"I have nothing to add to what I asked. Find it out with the tools and answer as {task.answer_template}"


def _told(episode: Episode, text: str, task: Task | None) -> int:
    """Number of the fact that a turn is told; -1 for none."""
    at = sum(turn.tells >= 0 for turn in episode.turns)
    return at if task and at < len(task.held_back) and asks(text) else -1


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
