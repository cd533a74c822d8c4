"""Draws the rooms, their limits, what their sensors measured and what they consumed."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from worlds.draws import Draw
from worlds.events import Reading
from worlds.model import Units
from worlds.things import Site
from worlds.vocabulary import Trade
from worlds.wording import book

TENTH = Decimal("0.1")


def draw_sites(draw: Draw, trade: Trade, units: Units) -> tuple[Site, ...]:
    """Draw one sensor and one limit per room."""
    numbers = draw.distinct(3, 96, len(trade.sites))
    limits = [draw.integer(low, high) for low, high in trade.site_limits]
    humidity = draw.distinct(48, 66, len(trade.sites))
    areas = draw.distinct(64, 870, len(trade.sites))
    prefix = draw.pick(book(trade.book).at("numbers.sensor"))
    return tuple(
        Site(
            name,
            f"{prefix}-{numbers[index]:02d}",
            in_units(Decimal(limits[index]) / 10, units),
            humidity[index],
            areas[index],
        )
        for index, name in enumerate(trade.sites)
    )


def draw_readings(draw: Draw, sites: Sequence[Site], units: Units, now: datetime, days: int) -> tuple[Reading, ...]:
    """Draw two readings a day per room; the warmest, coldest, wettest and driest of each room are single."""
    readings = []
    for site in sites:
        warm, wet, drift = [], [], 0.0
        moments = _moments(now, days)
        for moment in moments:
            drift = 0.7 * drift + draw.integer(-90, 90) / 100
            afternoon = 1.1 if moment.hour > 11 else 0.0  # noqa: PLR2004
            celsius = _celsius(site.limit_temperature, units) - Decimal(str(round(2.4 - afternoon - drift, 2)))
            warm.append(in_units(celsius, units))
            wet.append((site.limit_humidity - Decimal(draw.integer(-30, 150)) / 10).quantize(TENTH))
        _single_extremes(warm)
        _single_extremes(wet)
        readings += [Reading(site, *row) for row in zip(moments, warm, wet, strict=True)]
    return tuple(readings)


def draw_energy(draw: Draw, sites: Sequence[Site]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Draw six months of kWh per room, no figure twice."""
    figures = iter(draw.distinct(1180, 7960, 6 * len(sites)))
    return tuple((site.name, tuple(next(figures) for _ in range(6))) for site in sites)


def in_units(celsius: Decimal, units: Units) -> Decimal:
    """Return a temperature as the company writes it, to one decimal."""
    value = celsius * 9 / 5 + 32 if units.temperature == "F" else celsius
    return value.quantize(TENTH, ROUND_HALF_UP)


def _celsius(value: Decimal, units: Units) -> Decimal:
    return (value - 32) * 5 / 9 if units.temperature == "F" else value


def _moments(now: datetime, days: int) -> list[datetime]:
    first = now.date() - timedelta(days=days)
    return [
        datetime.combine(first + timedelta(days=day), time(hour, 0), UTC) for day in range(days) for hour in (6, 15)
    ]


def _single_extremes(values: list[Decimal]) -> None:
    for choose, step in ((max, TENTH), (min, -TENTH)):
        extreme = choose(values)
        if values.count(extreme) > 1:
            values[values.index(extreme)] += 3 * step
