"""The words a company is drawn from: one file per trade, and the people and places they share."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

TRADES = ("coffee", "clinic", "law", "strings", "laboratory", "bakery", "bicycles", "logistics", "software")
"""In this order because a seed draws one by its place: seeds 7 and 11 kept the trades they had of four."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What companies of one trade sell, where, and with whom."""

    trade: str
    book: str
    """Name of the book with their words."""
    companies: tuple[str, ...]
    package: str
    """Name of the Python package in their repository."""
    item: str
    """What they call a product."""
    sites: tuple[str, ...]
    site_limits: tuple[tuple[int, int], ...]
    """Per site the range of its warmest allowed temperature, in tenths of a degree Celsius."""
    machines: tuple[str, ...]
    departments: Mapping[str, tuple[str, ...]]
    """Department to its roles; the first role exists once."""
    products: tuple[tuple[str, str, float, float], ...]
    """Name, category, typical measure in metric units (kilograms, kilometres, days ...), typical price."""
    suppliers: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    """Name, city, country, time zone, categories."""
    customers: tuple[str, ...]
    near: Mapping[str, tuple[tuple[str, str], ...]]
    """Pairs of products and of customers whose names are easily mixed up."""
    defects: tuple[str, ...]
    returns: tuple[str, ...]
    storage_subject: str


@dataclass(frozen=True, slots=True)
class People:
    """Names and places that every trade draws from."""

    names: tuple[str, ...]
    offices: tuple[tuple[str, str, str], ...]
    destinations: tuple[str, ...]
    regions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Locale:
    """How people of one region write, what they are called, where they live; empty: the shared names and places."""

    name: str
    currencies: tuple[str, ...]
    money: int
    """What costs 1 euro costs about this much."""
    weight: tuple[str, ...]
    temperature: tuple[str, ...]
    distance: tuple[str, ...]
    dates: tuple[str, ...]
    """`iso`, `day first` (3 March 2026) or `month first` (March 3, 2026): forms with one reading everywhere."""
    homes: tuple[tuple[str, str, str], ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


@functools.cache
def trade(name: str) -> Trade:
    """Read the words of one trade."""
    return Trade(**_read(name))


@functools.cache
def people() -> People:
    """Read the shared names and places."""
    return People(**_read("people"))


@functools.cache
def locales() -> tuple[Locale, ...]:
    """Read the ways in which people write."""
    return tuple(Locale(**locale) for locale in _read("locales")["locales"])


def _read(name: str) -> dict[str, Any]:
    text = files("worlds").joinpath("vocab", f"{name}.json").read_text(encoding="utf-8")
    return {key: _frozen(value) for key, value in json.loads(text).items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value
