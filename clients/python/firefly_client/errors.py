"""What a simulator refuses, and why."""

from __future__ import annotations

from typing import Any

import grpc

REASON = "firefly-reason"


class SimulatorError(Exception):
    """The simulator refused or did not answer; `reason` is stable, `code` is the gRPC status name."""

    def __init__(self, code: str, reason: str, text: str) -> None:
        super().__init__(f"{code} ({reason}): {text}" if reason else f"{code}: {text}")
        self.code = code
        self.reason = reason
        self.text = text

    @property
    def is_infrastructure(self) -> bool:
        """Say whether the server was away, busy or slow: the rollout is unscored, not wrong."""
        return self.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN")


def from_rpc(error: grpc.RpcError) -> SimulatorError:
    """Translate gRPC's error, sync or aio."""
    trailing: Any = error.trailing_metadata() or ()
    reason = next((str(value) for key, value in trailing if key == REASON), "")
    return SimulatorError(error.code().name, reason, error.details() or "")
