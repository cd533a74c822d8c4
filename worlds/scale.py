"""How large a world of each size is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything a world of one size holds."""

    orders: int
    products: int
    suppliers: int
    employees: int
    customers: int
    notes: int
    contracts: int
    commits: int
    days: int
    """Days of readings."""

    @classmethod
    def of(cls, size: int) -> "Scale":
        """Return the scale of a size from 1 to 5."""
        step = size - 1
        return cls(
            orders=120 + 70 * step,
            products=14 + 4 * step,
            suppliers=6 + 2 * step,
            employees=11 + 4 * step,
            customers=10 + 3 * step,
            notes=10 + 4 * step,
            contracts=3 + step,
            commits=9 + 11 * step // 4,
            days=28 + 7 * step,
        )
