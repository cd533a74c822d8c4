"""The records a company is made of; every file of a world is a view of these and of nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from worlds.events import Inspection, Invoice, Order, Plan, PriceChange, Reading, Return, Shipment, Trip, Visit
from worlds.things import Certificate, Contract, Customer, Employee, Place, Product, Site, Supplier
from worlds.wording import Book

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
"""In order."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers that policies state and source code uses."""

    reorder_factor: Decimal
    discount_cap: Decimal
    bulk_threshold: int
    free_shipping_from: int
    return_window_days: int
    restocking_fee_percent: Decimal
    hotel_limit: int
    per_diem: Decimal
    mileage_rate: Decimal
    expense_deadline_days: int
    approval_limit: int


@dataclass(frozen=True, slots=True)
class Units:
    """The units a company writes its numbers in."""

    currency: str
    weight: str
    """`kg` or `lb`."""
    temperature: str
    """`C` or `F`."""
    distance: str
    """`km` or `mi`."""
    dates: str
    """How a day is written in prose and labels: `iso`, `day first` or `month first`."""
    money: int
    """What costs 1 euro costs about this much here; amounts are drawn in euros."""

    def day(self, day: date) -> str:
        """Return a day as the company writes it outside of tables."""
        if self.dates == "iso":
            return day.isoformat()
        month = MONTHS[day.month - 1]
        return f"{day.day} {month} {day.year}" if self.dates == "day first" else f"{month} {day.day}, {day.year}"


@dataclass(frozen=True, slots=True)
class Company:
    """Everything there is to know about one company at one instant."""

    seed: int
    size: int
    stream: str
    """Name of its draws."""
    name: str
    trade: str
    vocabulary: str
    """Name of the trade's vocabulary."""
    locale: str
    book: Book
    """How companies of this trade talk."""
    domain: str
    now: datetime
    units: Units
    headquarters: Place
    employees: tuple[Employee, ...]
    suppliers: tuple[Supplier, ...]
    products: tuple[Product, ...]
    price_changes: tuple[PriceChange, ...]
    contracts: tuple[Contract, ...]
    certificates: tuple[Certificate, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    shipments: tuple[Shipment, ...]
    returns: tuple[Return, ...]
    invoices: tuple[Invoice, ...]
    sites: tuple[Site, ...]
    readings: tuple[Reading, ...]
    trips: tuple[Trip, ...]
    visits: tuple[Visit, ...]
    inspections: tuple[Inspection, ...]
    accounts: Mapping[str, Plan]
    """By customer."""
    purchases: Mapping[str, tuple[int, int]]
    """By supplier: what was spent in 2025, what is planned for 2026."""
    handling: Mapping[str, int]
    """Minutes that one unit takes, by product number."""
    budget: tuple[tuple[str, tuple[int, ...]], ...]
    """Department and twelve monthly amounts."""
    energy: tuple[tuple[str, tuple[int, ...]], ...]
    """Site and the kWh of the six months before `now`."""
    open_positions: tuple[tuple[str, int, int], ...]
    """Department, open positions, contractors."""
    rules: Rules
    near: Mapping[str, tuple[str, str]]
    """By `product` and `customer`: two names that are easily mixed up."""
    outdated: Mapping[str, int]
    """By supplier: a lead time that an older page still says; the agreement says another."""

    def of_department(self, department: str) -> list[Employee]:
        """Return the people of one department, the head first."""
        return [person for person in self.employees if person.department == department]

    def head_of(self, department: str) -> Employee:
        """Return who leads a department."""
        return self.of_department(department)[0]

    def lead(self, duty: str) -> Employee:
        """Return who leads the department that has a duty: buying, selling, stock, quality, money."""
        return self.head_of(self.duty(duty))

    def duty(self, duty: str) -> str:
        """Return the department that has a duty."""
        return str(self.book.at(f"duties.{duty}"))
