"""Where an episode stands: the world now, each server's session, and the calls that brought it there."""

from dataclasses import dataclass

from shared.model.calls import State

UNKNOWN = "?"
"""Stands for a world or session that a missed call may have moved."""


@dataclass(frozen=True, slots=True)
class Situation:
    """State of an episode: the world now and the session of each server that has one."""

    world: str
    sessions: tuple[tuple[str, str], ...] = ()

    def of(self, server_id: str) -> State:
        """Return what a call to one server starts from."""
        return State(self.world, dict(self.sessions).get(server_id, ""))

    def after(self, server_id: str, state: State) -> "Situation":
        """Move to what a call to one server left behind."""
        sessions = {**dict(self.sessions), server_id: state.session}
        # Sorted, and without empty chains: equal situations have to compare equal.
        return Situation(state.world, tuple(sorted((name, chain) for name, chain in sessions.items() if chain)))

    @property
    def is_lost(self) -> bool:
        """Whether a missed call may have moved the world or any session."""
        return UNKNOWN in (self.world, *(chain for _, chain in self.sessions))


@dataclass(frozen=True, slots=True)
class Step:
    """A call that moved an episode, enough to make it again on a real server."""

    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    """Canonical."""
    after: Situation
    change_json: str = ""
    """How the world it left differs from the opening one (`shared.proof.end_state.change`); empty where unknown."""
