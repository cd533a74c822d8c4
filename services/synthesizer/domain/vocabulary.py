"""Words: abbreviations, irregular names, units in the plural, adjectives for the ends of an order."""

SHORT = {
    "qty": "quantity", "no": "number", "num": "number", "tz": "time zone", "timezone": "time zone",
    "rh": "relative humidity", "temp": "temperature", "mail": "email address", "email": "email address",
    "amt": "amount",
    "avg": "average", "desc": "description", "min": "minimum", "max": "maximum", "dept": "department",
    "addr": "address", "tel": "phone", "sku": "SKU", "id": "ID", "po": "PO", "loc": "lines of code",
}  # fmt: skip
"""Words inside a column's name."""

WHOLE = {
    "supplied_by": "supplier", "created_by": "creator", "managed_by": "manager", "on_hand": "stock on hand",
    "in_stock": "stock", "min_stock": "minimum stock", "full_name": "full name", "ordered_on": "order date",
    "joined_on": "joining date", "opened_on": "opening date", "started_on": "start date", "start": "start date",
    "paid_on": "payment date", "delivered_on": "delivery date", "shipped_on": "shipping date",
    "received_on": "date of receipt", "issued_on": "issue date", "inspected_on": "inspection date",
    "visited_on": "visit date", "signed_on": "signing date", "departed_on": "departure date",
    "dispatched_on": "dispatch date", "cancelled_on": "cancellation date", "completed_on": "completion date",
    "measured_at": "time of measurement", "line_count": "number of lines",
    "avg_function_lines": "average number of lines per function",
    "code_lines": "number of lines that are neither empty nor only a comment",
    "comment_lines": "number of comment lines", "empty_lines": "number of empty lines",
    "function_count": "number of functions", "class_count": "number of classes", "terms": "payment terms",
    "payment": "agreed payment term",
    "limit": "credit limit", "head": "name of the head", "people": "headcount", "counted": "counted quantity",
    "nights": "number of nights", "customer_since": "customer start date",
    "price_each": "price per unit", "created": "creation date", "modified": "date of the last change",
    "updated": "date of the last change", "last_modified": "date of the last change",
    "timestamp": "time of measurement",
    "time": "time of measurement", "lead": "lead time", "delivery": "delivery time", "amount": "total",
}  # fmt: skip
"""Columns whose name does not read well."""

UNITS = {
    "kg": "kilograms", "g": "grams", "mg": "milligrams", "lb": "pounds", "oz": "ounces", "t": "tonnes", "m": "metres",
    "cm": "centimetres", "mm": "millimetres", "km": "kilometres", "ft": "feet", "in": "inches", "mi": "miles",
    "yd": "yards", "l": "litres", "ml": "millilitres", "gal": "US gallons", "C": "degrees Celsius",
    "F": "degrees Fahrenheit", "K": "kelvins", "h": "hours", "min": "minutes", "s": "seconds", "day": "days",
    "week": "weeks", "month": "months", "year": "years", "percent": "percent", "m2": "square metres",
    "ft2": "square feet", "kWh": "kilowatt hours", "MJ": "megajoules", "km/h": "kilometres per hour",
    "mph": "miles per hour",
}  # fmt: skip

ID_WORDS = frozenset(
    (
        "id",
        "no",
        "number",
        "code",
        "key",
        "ref",
        "sku",
        "article",
    )
)
ROWS = {
    "sku": "product", "article": "product", "item": "product", "po": "order", "staff": "employee",
    "account": "customer", "vendor": "supplier", "person": "employee",
}  # fmt: skip
"""What a row is, by the word in its key column."""

READINGS = frozenset(
    (
        "log",
        "readings",
        "climate",
        "measurements",
        "sensor",
        "sensors",
        "temperature",
    )
)
PEOPLE = frozenset(
    (
        "directory",
        "staff",
        "people",
        "employees",
        "team",
    )
)
PLURALS = frozenset(
    (
        "orders",
        "products",
        "suppliers",
        "customers",
        "articles",
        "items",
        "accounts",
        "vendors",
        "invoices",
        "shipments",
    )
)

DEGREES = (
    ("weight", frozenset({"product"}), ("heaviest", "lightest")),
    ("price", frozenset({"product"}), ("most expensive", "cheapest")),
    ("temp", frozenset({"reading"}), ("warmest", "coldest")),
    ("temperature", frozenset({"reading"}), ("warmest", "coldest")),
)
"""Word of the measure, rows that the adjective fits, both ends."""

LONG = frozenset(
    (
        "lead",
        "time",
        "delivery",
        "terms",
        "days",
    )
)
LARGE = frozenset(
    (
        "total",
        "amount",
        "cost",
        "budget",
        "quantity",
        "qty",
        "units",
        "area",
        "count",
        "counted",
        "volume",
        "spend",
    )
)

LISTS = frozenset(("list", "lists", "book", "log", "directory", "register", "catalogue", "sheet", "sheets", "readings"))
"""Last words of files that say by themselves that rows stand there."""

GROUPS = frozenset(("category", "group", "type", "kind", "class"))
"""Words of columns that sort rows rather than name what they belong to."""

UNITS_OF_PEOPLE = frozenset(("department", "team", "office", "site"))
"""Rows whose name comes before what they are: the Logistics department."""

BY_ROLE = (
    (frozenset({"customer", "account"}), "by"),
    # Clients order, but far more is done for them.
    (frozenset({"client"}), "for"),
    (frozenset({"sku", "product", "article", "item"}), "for"),
    (frozenset({"supplier", "vendor", "supplied"}), "from"),
    (frozenset({"region", "territory", "country", "district", "area", "county", "province"}), "in"),
    (frozenset({"site", "location", "room", "store", "depot", "ward", "hall", "warehouse", "branch"}), "at"),
    (frozenset({"sensor", "probe"}), "by"),
)
"""Prepositions for what rows belong to."""

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
