"""Draws the people: who works where, who travels, what each department may spend."""

import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from worlds.draws import Draw
from worlds.events import Trip
from worlds.scale import Scale
from worlds.things import Employee, Place
from worlds.vocabulary import Locale, People, Trade


def plain(text: str) -> str:
    """Return `text` as lower-case ASCII words joined by hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in ascii_text.replace("'", "").lower())
    return "-".join(words.split())


def draw_names(draw: Draw, people: People, locale: Locale, count: int) -> tuple[list[str], list[str]]:
    """Draw `count` names of people who work here, most of them from the region, and names of everybody else.

    No two share a first name: a question that names somebody means one person.
    """
    shared = draw.shuffled(people.names)
    pairs = zip(draw.shuffled(locale.given), draw.shuffled(locale.family), strict=True)
    local = [f"{given} {family}" for given, family in pairs][: 3 * count // 4]
    elsewhere = count - len(local)
    return draw.shuffled([*local, *shared[:elsewhere]]), shared[elsewhere:]


def draw_offices(draw: Draw, people: People, locale: Locale, size: int) -> list[Place]:
    """Draw the cities where the company has people; the first is the headquarters, in the region."""
    home = [draw.pick(locale.homes)] if locale.homes else []
    others = [office for office in people.offices if office not in home]
    return [Place(*office) for office in [*home, *draw.several(others, 3 + size // 3 - len(home))]]


def draw_employees(
    draw: Draw, trade: Trade, names: Sequence[str], offices: Sequence[Place], domain: str
) -> tuple[Employee, ...]:
    """Draw one person per name; each department gets its head before anybody gets a second."""
    roles = _roles(trade, len(names))
    extensions = draw.distinct(210, 489, len(names))
    started = draw.distinct(0, 3100, len(names))
    unknown = draw.integer(1, len(names) - 1)
    employees = []
    for index, (name, (department, role)) in enumerate(zip(names, roles, strict=True)):
        place = offices[0] if index == 0 or draw.chance(0.5) else draw.pick(offices[1:])
        email = f"{plain(name).replace('-', '.')}@{domain}"
        day = date(2017, 2, 1) + timedelta(days=started[index])
        extension = None if index == unknown else extensions[index]
        employees.append(Employee(f"E{index + 1:03d}", name, role, department, place, email, day, extension))
    return tuple(employees)


def _roles(trade: Trade, count: int) -> list[tuple[str, str]]:
    deepest = max(len(roles) for roles in trade.departments.values())
    ladder = [
        (department, roles[rung])
        for rung in range(deepest)
        for department, roles in trade.departments.items()
        if rung < len(roles)
    ]
    again = [(department, roles[-1]) for department, roles in trade.departments.items()]
    while len(ladder) < count:
        ladder.extend(again)
    return ladder[:count]


def draw_trips(
    draw: Draw, employees: Sequence[Employee], people: People, today: date, scale: Scale, money: int
) -> tuple[Trip, ...]:
    """Draw the business trips of the last months, oldest first."""
    count = 8 + scale.notes
    travellers = draw.several(employees, 5 + scale.employees // 4)
    starts = sorted(draw.distinct(12, 170, count), reverse=True)
    costs = draw.distinct(31200, 248900, count)
    destinations = draw.shuffled(people.destinations) + draw.shuffled(people.destinations)
    return tuple(
        Trip(
            f"TR-{index + 1:02d}",
            draw.pick(travellers),
            destinations[index],
            today - timedelta(days=starts[index]),
            draw.integer(1, 6),
            Decimal(costs[index] * money) / 100,
        )
        for index in range(count)
    )


def draw_budget(draw: Draw, departments: Sequence[str], money: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Draw a monthly budget per department, no amount twice."""
    levels = {department: draw.integer(14, 40) for department in departments}
    amounts: list[int] = []
    for department in departments:
        for _ in range(12):
            amount = 10 * money * draw.integer(62, 98) * levels[department]
            while amount in amounts:
                amount += 10 * money
            amounts.append(amount)
    months = [tuple(amounts[start : start + 12]) for start in range(0, len(amounts), 12)]
    return tuple(zip(departments, months, strict=True))


def draw_open_positions(draw: Draw, departments: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """Draw open positions and contractors per department."""
    return tuple((department, draw.integer(0, 4), draw.integer(0, 6)) for department in departments)
