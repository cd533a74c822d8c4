"""What a company consists of and deals with: people, partners, products, rooms, papers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its IANA time zone."""

    city: str
    country: str
    zone: str


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who works here."""

    employee_id: str
    name: str
    role: str
    department: str
    place: Place
    email: str
    started: date
    extension: int | None
    """None where nobody has entered it."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A company we buy from."""

    supplier_id: str
    name: str
    place: Place
    contact: str
    email: str
    lead_time_days: int
    on_time_percent: Decimal
    defect: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Units of one product counted on one shelf."""

    site: str
    shelf: str
    counted: int


@dataclass(frozen=True, slots=True)
class Product:
    """Something we sell."""

    sku: str
    name: str
    category: str
    measure: Decimal
    """What its trade measures: weight, shelf life, distance ..."""
    price: Decimal
    wholesale: Decimal
    cost: Decimal
    """What the supplier charges; stands in contracts only."""
    supplier: Supplier
    reorder_level: int | None
    """None where nobody has entered it."""
    shelves: tuple[Shelf, ...]

    @property
    def stock(self) -> int:
        """Units on all shelves."""
        return sum(shelf.counted for shelf in self.shelves)


@dataclass(frozen=True, slots=True)
class Contract:
    """A supply agreement."""

    number: str
    supplier: Supplier
    author: Employee
    signed: date
    effective: date
    term_months: int
    payment_days: int
    penalty_percent: Decimal
    minimum_order: Decimal
    notice_days: int
    items: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one product taken from a lot, and how many of them passed."""

    product: Product
    lot: str
    sampled: int
    passed: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an inspection of one supplier's products found."""

    number: str
    supplier: Supplier
    inspector: Employee
    inspected: date
    valid: date
    room: str
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """A company that buys from us."""

    customer_id: str
    name: str
    region: str
    payment_days: int
    credit_limit: int
    since: date


@dataclass(frozen=True, slots=True)
class Site:
    """A room with a sensor and a limit."""

    name: str
    sensor: str
    limit_temperature: Decimal
    limit_humidity: int
    area: int
