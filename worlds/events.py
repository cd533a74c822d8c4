"""What happened or is planned: orders and what became of them, readings, visits, trips."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from worlds.things import Customer, Employee, Product, Site


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A product's price moved once in the period; `new` is today's price."""

    product: Product
    old: Decimal
    new: Decimal
    decided: date
    effective: date


@dataclass(frozen=True, slots=True)
class Order:
    """One order line."""

    order_id: str
    day: date
    product: Product
    customer: Customer
    quantity: int
    unit_price: Decimal

    @property
    def total(self) -> Decimal:
        """Quantity times unit price."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Shipment:
    """How an order travelled."""

    shipment_id: str
    order: Order
    carrier: str
    shipped: date
    delivered: date | None
    freight: Decimal


@dataclass(frozen=True, slots=True)
class Return:
    """Units that came back."""

    return_id: str
    order: Order
    quantity: int
    reason: str
    received: date
    refund: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an order cost its customer, and whether it is paid."""

    number: str
    order: Order
    issued: date
    due: date
    paid: date | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement."""

    site: Site
    moment: datetime
    temperature: Decimal
    humidity: Decimal


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody of ours met a customer."""

    visit_id: str
    customer: Customer
    visitor: Employee
    day: date
    duration: int
    """Minutes."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Somebody looked at one product in one room."""

    inspection_id: str
    product: Product
    site: str
    inspector: Employee
    day: date
    checked: int
    faulty: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned with one partner for 2026: money, and how often somebody goes there."""

    amount: int
    visits: int
    manager: Employee


@dataclass(frozen=True, slots=True)
class Trip:
    """One business trip."""

    trip_id: str
    traveller: Employee
    destination: str
    start: date
    nights: int
    cost: Decimal
