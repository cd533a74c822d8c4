"""What the ledger's rows add up to, and how much they may. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal

from shared.model.tasks import LedgerEntry


def attempt_id(request: str, instant_ns: int) -> str:
    """Id of one attempt at a request, by the instant it began.

    A number would begin at 1 again in the process that follows a kill: a row of the second payment would have the id
    of the first, and nobody could see that it was paid twice.
    """
    return f"{request}-{instant_ns}"


def attempt_of(entry_id: str) -> tuple[str, int]:
    """Take such an id apart: request, instant; 0 where no attempt was made, as with a stored answer."""
    request, _, instant = entry_id.rpartition("-")
    return request, int(instant) if instant.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Spent:
    """A sum of ledger rows."""

    calls: int = 0
    """Tool calls and paid model requests; answers that were stored cost nothing."""
    seconds: float = 0.0
    tokens: int = 0
    """Sent and received."""
    money: Decimal = Decimal(0)
    cached: int = 0
    """Model requests whose answer was stored."""

    @classmethod
    def of(cls, entry: LedgerEntry) -> "Spent":
        """One row."""
        tokens = entry.tokens_in + entry.tokens_out
        return cls(entry.calls, entry.seconds, tokens, Decimal(entry.money or "0"), int(entry.cached))

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.seconds + other.seconds,
            self.tokens + other.tokens,
            self.money + other.money,
            self.cached + other.cached,
        )

    def share(self, parts: int) -> "Spent":
        """An equal part of it; calls and tokens are rounded down."""
        # A third has 28 digits otherwise.
        money = (self.money / parts).quantize(Decimal("0.000001"))
        return Spent(self.calls // parts, self.seconds / parts, self.tokens // parts, money, self.cached // parts)


@dataclass(frozen=True, slots=True)
class Limits:
    """A budget; 0 is no limit."""

    calls: int = 0
    tokens: int = 0
    money: Decimal = Decimal(0)

    def __bool__(self) -> bool:
        return bool(self.calls or self.tokens or self.money)

    def excess(self, spent: Spent) -> str:
        """Say what is used up, empty while nothing is."""
        for name in ("calls", "tokens", "money"):
            limit, used = getattr(self, name), getattr(spent, name)
            if limit and used >= limit:
                return (
                    f"the budget of {limit} {name} is spent ({used}): "
                    f"raise it with --budget-{name} (FIREFLY_BUDGET_{name.upper()}) and start again"
                )
        return ""


@dataclass(slots=True)
class Account:
    """Adds rows up; a row that comes twice counts once."""

    total: Spent = field(default_factory=Spent)
    _seen: set[str] = field(default_factory=set)

    def add(self, entry: LedgerEntry) -> bool:
        """Count a row; False when it was counted before."""
        if entry.entry_id in self._seen:
            return False
        self._seen.add(entry.entry_id)
        self.total += Spent.of(entry)
        return True
