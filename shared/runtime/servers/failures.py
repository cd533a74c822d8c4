"""Why a server could not be started, or a call brought no result."""

from enum import StrEnum

from shared.model.catalogue import FailureClass
from shared.model.errors import FireflyError, Rejected


class StartFailed(Rejected):
    """The server cannot serve; `failure_class` and one sentence travel into the catalogue."""

    def __init__(self, failure_class: FailureClass, text: str) -> None:
        super().__init__("server_failed", text)
        self.failure_class = failure_class


class Crash(StrEnum):
    """How a call lost its server."""

    NONE = ""
    DIED = "died"
    TIMEOUT = "timeout"


class CallLostError(FireflyError):
    """The process ended or fell silent during a call; the same call in a fresh process decides what it means."""

    def __init__(self, crash: Crash, text: str = "") -> None:
        super().__init__(f"{crash}: {text}")
        self.crash = crash
