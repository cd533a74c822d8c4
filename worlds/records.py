"""The company's lists as tables: one row per entity, the same attributes wherever they are written."""

from worlds.goods import measured_in
from worlds.model import Company
from worlds.mount import Cell
from worlds.tables import Table


def product_row(company: Company, index: int) -> dict[str, Cell]:
    """Return everything that lists say about one product."""
    product, units, measure = company.products[index], company.units, company.book.at("measure.attribute")
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        f"{measure}:{measured_in(company.book, units)}": product.measure,
        f"price:{units.currency}": product.price,
        "supplier": product.supplier.name,
        "reorder_level": product.reorder_level,
        "stock": product.stock,
    }


def products(company: Company) -> Table:
    """Return the products."""
    return Table("product", "sku", [product_row(company, index) for index in range(len(company.products))])


def suppliers(company: Company) -> Table:
    """Return the suppliers; they are known by name."""
    return Table(
        "supplier",
        "name",
        [
            {
                "supplier_id": supplier.supplier_id,
                "name": supplier.name,
                "city": supplier.place.city,
                "country": supplier.place.country,
                "time_zone": supplier.place.zone,
                "lead_time:days": supplier.lead_time_days,
                "contact": supplier.contact,
                "email": supplier.email,
            }
            for supplier in company.suppliers
        ],
    )


def employees(company: Company) -> Table:
    """Return the people."""
    return Table(
        "person",
        "name",
        [
            {
                "employee_id": person.employee_id,
                "name": person.name,
                "role": person.role,
                "department": person.department,
                "city": person.place.city,
                "time_zone": person.place.zone,
                "email": person.email,
                "started": person.started,
                "extension": person.extension,
            }
            for person in company.employees
        ],
    )


def customers(company: Company) -> Table:
    """Return the customers; they are known by name."""
    return Table(
        "customer",
        "name",
        [
            {
                "customer_id": customer.customer_id,
                "name": customer.name,
                "region": customer.region,
                "payment_days:days": customer.payment_days,
                f"credit_limit:{company.units.currency}": customer.credit_limit,
                "since": customer.since,
            }
            for customer in company.customers
        ],
    )


def orders(company: Company) -> Table:
    """Return the order book."""
    currency = company.units.currency
    return Table(
        "order",
        "order_id",
        [
            {
                "order_id": order.order_id,
                "date": order.day,
                "sku": order.product.sku,
                "customer": order.customer.name,
                "region": order.customer.region,
                "quantity": order.quantity,
                f"unit_price:{currency}": order.unit_price,
                f"total:{currency}": order.total,
            }
            for order in company.orders
        ],
    )


def readings(company: Company) -> Table:
    """Return the measurements; a reading is known by its sensor and moment."""
    return Table(
        "reading",
        "id",
        [
            {
                "id": f"{reading.site.sensor} {reading.moment:%Y-%m-%dT%H:%M}",
                "site": reading.site.name,
                "sensor": reading.site.sensor,
                "moment": reading.moment,
                f"temperature:{company.units.temperature}": reading.temperature,
                "humidity:percent": reading.humidity,
            }
            for reading in company.readings
        ],
    )
