"""Errors say what happens next.

FireflyError
├── Rejected      this input can never succeed: dead-letter it with the reason
│   └── BadInput  a person gave it: one sentence saying what, where, what to do
├── Unavailable   a shared dependency is away: pause and try again without limit
└── Fenced        another holder owns this work now: exit the process

Anything else that escapes a handler is a bug: dead-letter, count, log with traceback, stop after a limit. A failed
tool call is data in the exploration, never an exception.
"""


class FireflyError(Exception):
    """Root of every error this project raises on purpose."""


class Rejected(FireflyError):
    """The input can never succeed; `reason` is a stable code for the dead letter and the funnel."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
        self.text = text


class BadInput(Rejected):
    """A person's input is wrong: what is wrong, where, and what to do about it."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_input", text)

    # Without the code: a person reads it.
    def __str__(self) -> str:
        return self.text


class Unavailable(FireflyError):
    """Kafka, Valkey, the simulator or a model endpoint does not answer now."""


class Fenced(FireflyError):
    """A newer holder of the same transactional id exists; a restart is the only clean state."""
