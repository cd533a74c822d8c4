"""The records a company is made of; every file of a world is a view of these and of nothing else."""

from dataclasses import dataclass
from datetime import date, datetime
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
    extension: int


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
    weight: Decimal
    price: Decimal
    wholesale: Decimal
    cost: Decimal
    """What the supplier charges; stands in contracts only."""
    supplier: Supplier
    reorder_level: int
    shelves: tuple[Shelf, ...]

    @property
    def stock(self) -> int:
        """Units on all shelves."""
        return sum(shelf.counted for shelf in self.shelves)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A product's price moved once in the period; `new` is today's price."""

    product: Product
    old: Decimal
    new: Decimal
    decided: date
    effective: date


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
class Customer:
    """A company that buys from us."""

    customer_id: str
    name: str
    region: str
    payment_days: int
    credit_limit: int
    since: date


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
class Site:
    """A room with a sensor and a limit."""

    name: str
    sensor: str
    limit_temperature: Decimal
    limit_humidity: int
    area: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement."""

    site: Site
    moment: datetime
    temperature: Decimal
    humidity: Decimal


@dataclass(frozen=True, slots=True)
class Trip:
    """One business trip."""

    trip_id: str
    traveller: Employee
    destination: str
    start: date
    nights: int
    cost: Decimal


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


@dataclass(frozen=True, slots=True)
class Company:
    """Everything there is to know about one company at one instant."""

    seed: int
    size: int
    name: str
    trade: str
    domain: str
    now: datetime
    units: Units
    headquarters: Place
    employees: tuple[Employee, ...]
    suppliers: tuple[Supplier, ...]
    products: tuple[Product, ...]
    price_changes: tuple[PriceChange, ...]
    contracts: tuple[Contract, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    shipments: tuple[Shipment, ...]
    returns: tuple[Return, ...]
    invoices: tuple[Invoice, ...]
    sites: tuple[Site, ...]
    readings: tuple[Reading, ...]
    trips: tuple[Trip, ...]
    budget: tuple[tuple[str, tuple[int, ...]], ...]
    """Department and twelve monthly amounts."""
    energy: tuple[tuple[str, tuple[int, ...]], ...]
    """Site and the kWh of the six months before `now`."""
    open_positions: tuple[tuple[str, int, int], ...]
    """Department, open positions, contractors."""
    rules: Rules

    def of_department(self, department: str) -> list[Employee]:
        """Return the people of one department, the head first."""
        return [person for person in self.employees if person.department == department]

    def head_of(self, department: str) -> Employee:
        """Return who leads a department."""
        return self.of_department(department)[0]
