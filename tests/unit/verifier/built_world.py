"""A built company as the evaluator sees it, and questions about it whose answers the company's own records say."""

import atexit
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from services.verifier.adapters.worlds import FileWorld
from services.verifier.domain.evaluating.meaning import Meanings
from shared.model import logical_form as lf
from shared.model.tasks import Limits
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from worlds.builder import build
from worlds.composing import compose
from worlds.layouts import draw_layout
from worlds.model import Company

NAMED, NUMBER, QUANTITY = ValueKind.NAME, ValueKind.NUMBER, ValueKind.QUANTITY
GOODS = ("coffee", "strings", "bakery", "bicycles")
MASS = {"lb": ("kg", Decimal("0.45359237")), "kg": ("lb", 1 / Decimal("0.45359237"))}


@dataclass(frozen=True)
class Built:
    """One company, where its lists lie, and its files."""

    company: Company
    layout: object
    folder: Path
    files: FileWorld

    def table(self, name):
        path = self.layout.table(name)[0]
        return lf.Table(path, Path(path).stem, path.rpartition(".")[2])

    def column(self, name, attribute):
        return self.layout.table(name)[1][attribute]

    def keyed(self, name, attribute, key):
        value = key if not isinstance(key, str) else lf.Literal(key, NAMED)
        return lf.Keyed(self.table(name), self.column(name, attribute), value)

    def extreme(self, name, attribute, direction, *where):
        return lf.Extreme(self.table(name), self.column(name, attribute), lf.Direction(direction), where)

    def where(self, name, attribute, operator, value):
        literal = lf.Literal(value, NAMED) if isinstance(value, str) else value
        return lf.Condition(self.column(name, attribute), lf.Operator(operator), literal)

    def total(self, name, function, attribute, *where, kind=NUMBER, unit=""):
        column = self.column(name, attribute) if attribute else ""
        return lf.Aggregate(self.table(name), lf.Function(function), column, where, kind, unit)

    def attribute(self, entity, name, attribute, kind=NAMED, unit=""):
        return lf.Attribute(entity, self.column(name, attribute), kind, unit)


@cache
def built(seed=7, size=2):
    """Build a world once a session."""
    room = TemporaryDirectory(prefix="firefly-built-")
    atexit.register(room.cleanup)
    # The questions below speak of weights and supply agreements: of traders in goods.
    name = GOODS[seed % len(GOODS)]
    folder = build(seed, size, Path(room.name) / "world", name)
    company, _ = compose(seed, size, name)
    files = FileWorld(folder / "files", company.now.isoformat())
    return Built(company, draw_layout(company.stream, company.units, company.book), folder, files)


@cache
def meanings(seed=7, size=2):
    """The evaluator of that world."""
    return Meanings(built(seed, size).files)


def task_of(form, truth, *, decimals=-1, kind="", unit=None, prompt="?"):
    """A task as far as the evaluator looks at it: one field, its truth, its type."""
    question = lf.Question("test", (lf.Field("answer", form, decimals),))
    number = isinstance(truth, int | Decimal)
    said = getattr(form, "unit", "") if unit is None else unit
    answer_type = {"type": kind or ("number" if number else "string"), **({"unit": said} if said else {})}
    return SimpleNamespace(
        task_id="task_x",
        logical_form_json=canonical(lf.to_json(question)),
        ground_truth_json=canonical({"answer": truth}),
        answer_types_json=canonical({"answer": answer_type}),
        prompt=prompt,
        told=prompt,
        held_back=(),
        reference=(),
        tools=(),
        limits=Limits(10, 10, 40_000),
    )


def judged(form, truth, *, seed=7, size=2, **how):
    """What the evaluator says of one question and an answer."""
    return meanings(seed, size).meaning(task_of(form, truth, **how), {})


def rounded(value, decimals=2):
    return Decimal(str(round(Decimal(value), decimals)))


def questions(seed=7, size=2):
    """Questions of every form, with the answers that the company's records give: (name, form, truth, decimals)."""
    world = built(seed, size)
    company, currency, mass = world.company, world.company.units.currency, world.company.units.weight
    product, supplier, customer = company.products[3], company.products[3].supplier, company.orders[5].customer
    orders = [order for order in company.orders if order.customer == customer]
    days = sorted({order.day for order in company.orders})
    middle = days[len(days) // 2].isoformat()
    heavy = max(company.products, key=lambda item: item.measure)
    of_product = world.keyed("products", "sku", product.sku)
    price = world.attribute(of_product, "products", "price", QUANTITY, currency)
    weight = world.attribute(of_product, "products", "weight", QUANTITY, mass)
    of_supplier = world.keyed("suppliers", "name", world.attribute(of_product, "products", "supplier"))
    by_customer = world.where("orders", "customer", "equal", customer.name)
    late = world.where("orders", "date", "since", middle)
    early = world.where("orders", "date", "before", middle)
    value = {"kind": QUANTITY, "unit": currency}
    other = company.products[5]
    other_price = world.attribute(world.keyed("products", "sku", other.sku), "products", "price", QUANTITY, currency)
    into, factor = MASS[mass]
    person = company.employees[2]
    extreme = world.extreme("products", "weight", "highest")
    contract = company.contracts[0]
    path = next(p for p in world.files.paths() if p.endswith(".docx") and _speaks_of(world, p, contract.number))
    signed = lf.Fact(path, f"Supply agreement {contract.number}", "Signed on", ValueKind.DATE)
    effective = lf.Fact(path, f"Supply agreement {contract.number}", "Effective date", ValueKind.DATE)
    zone = world.attribute(of_supplier, "suppliers", "time_zone", ValueKind.TIME_ZONE)
    several = lf.Several((lf.Literal(company.customers[0].name, NAMED), lf.Literal(company.customers[1].name, NAMED)))
    either = world.where("orders", "customer", "one_of", several)
    chosen = [order for order in company.orders if order.customer in company.customers[:2]]
    sums = [order.total for order in orders]
    return (
        ("price", price, product.price, -1),
        ("city", world.attribute(of_supplier, "suppliers", "city"), supplier.place.city, -1),
        ("heaviest", world.attribute(extreme, "products", "name"), heavy.name, -1),
        ("total", world.total("orders", "sum", "total", by_customer, **value), sum(sums), 2),
        ("mean", world.total("orders", "mean", "total", by_customer, **value), rounded(fmean(sums)), 2),
        ("highest", world.total("orders", "max", "total", by_customer, **value), max(sums), -1),
        ("count", world.total("orders", "count", "", late),
         sum(order.day.isoformat() >= middle for order in company.orders), -1),
        (
            "both",
            world.total("orders", "sum", "quantity", early, either),
            sum(o.quantity for o in chosen if o.day.isoformat() < middle),
            -1,
        ),
        ("converted", lf.Converted(weight, mass, into), rounded(product.measure * factor), 2),
        (
            "change",
            lf.Computed(lf.Operation.PERCENT_CHANGE, (price, other_price), NUMBER, "percent"),
            rounded((other.price - product.price) * 100 / product.price),
            2,
        ),
        ("difference", lf.Computed(lf.Operation.DIFFERENCE, (price, other_price), QUANTITY, currency),
         product.price - other.price, 2),
        ("days", lf.Computed(lf.Operation.DAYS_BETWEEN, (signed, effective), NUMBER, "day"),
         abs((contract.effective - contract.signed).days), -1),
        ("wrote", lf.DocumentProperty(path, f"Supply agreement {contract.number}", "author", NAMED),
         contract.author.name, -1),
        ("zone", zone, supplier.place.zone, -1),
        ("mail", world.attribute(world.keyed("employees", "name", person.name), "employees", "email"),
         person.email, -1),
    )  # fmt: skip


def _speaks_of(world, path, number):
    return any(text == number for _, text in world.files.document(path).labelled)
