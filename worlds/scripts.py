"""The company's scripts beside its repository: limits of rooms, a report on them, labels, overdue invoices."""

from worlds.model import Company
from worlds.wording import Book


def scripts(company: Company) -> dict[str, str]:
    """Return the scripts beside the repository, by file name."""
    return {
        "room_limits.py": _room_limits(company),
        "climate_report.py": _climate_report(company.units.temperature),
        "labels.py": _labels(company.book),
        "overdue.py": _overdue(),
    }


def _room_limits(company: Company) -> str:
    unit = company.units.temperature
    heat = "".join(f'    "{site.name}": {site.limit_temperature},\n' for site in company.sites)
    damp = "".join(f'    "{site.name}": {site.limit_humidity},\n' for site in company.sites)
    return f'''"""Highest allowed readings per site."""

MAX_TEMPERATURE_{unit} = {{
{heat}}}
MAX_HUMIDITY_PERCENT = {{
{damp}}}


def too_warm(site, temperature):
    """Whether a reading is above the limit of its site."""
    return temperature > MAX_TEMPERATURE_{unit}[site]


def too_damp(site, humidity):
    """Whether a humidity reading is above the limit of its site."""
    return humidity > MAX_HUMIDITY_PERCENT[site]
'''


def _climate_report(unit: str) -> str:
    return f'''"""Counts the readings that were above their limits."""

import room_limits


def breaches(readings):
    """Readings above a limit, with the limit they passed."""
    found = []
    for site, temperature, humidity in readings:
        if room_limits.too_warm(site, temperature):
            found.append((site, "temperature", room_limits.MAX_TEMPERATURE_{unit}[site]))
        if room_limits.too_damp(site, humidity):
            found.append((site, "humidity", room_limits.MAX_HUMIDITY_PERCENT[site]))
    return found


def worst_site(readings):
    """Site with the most breaches."""
    counts = {{}}
    for site, _, _ in breaches(readings):
        counts[site] = counts.get(site, 0) + 1
    return max(counts, key=counts.get) if counts else None
'''


def _labels(book: Book) -> str:
    return book.code('''"""$doc_labels"""

LINE_WIDTH = 28


def shorten(name):
    """Name cut to the width of a label."""
    return name if len(name) <= LINE_WIDTH else name[: LINE_WIDTH - 3] + "..."


def label(place, $sku, name):
    """Three lines for one place."""
    return "\\n".join((place, $sku, shorten(name)))
''')


def _overdue() -> str:
    return '''"""Lists invoices that are open after their due date."""

GRACE_DAYS = 4
REMINDER_FEE = 7.5


def is_overdue(due, paid, today):
    """Whether an invoice is late beyond the grace period."""
    if paid is not None:
        return False
    return (today - due).days > GRACE_DAYS


def reminder(amount, reminders_sent):
    """Amount asked for in the next reminder."""
    if reminders_sent == 0:
        return amount
    return round(amount + REMINDER_FEE * reminders_sent, 2)
'''
