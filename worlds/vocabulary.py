"""The words a company is drawn from: one file per trade, and the people and places they share."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

TRADES = ("coffee", "strings", "bakery", "bicycles")


@dataclass(frozen=True, slots=True)
class Trade:
    """What companies of one trade sell, where, and how they talk about it."""

    trade: str
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
    """Name, category, typical kilograms, typical price."""
    suppliers: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    """Name, city, country, time zone, categories."""
    customers: tuple[str, ...]
    defects: tuple[str, ...]
    returns: tuple[str, ...]
    storage_subject: str


@dataclass(frozen=True, slots=True)
class People:
    """Names and places that every trade draws from."""

    names: tuple[str, ...]
    offices: tuple[tuple[str, str, str], ...]
    destinations: tuple[str, ...]
    carriers: tuple[str, ...]
    regions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Layouts:
    """Where files may lie and what columns may be called; `{f}`, `{g}` are formats, `{c}`, `{w}`, `{t}` units."""

    paths: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, tuple[Mapping[str, str], ...]]
    """Table to its ways of naming: attribute to column header, in column order."""


@functools.cache
def trade(name: str) -> Trade:
    """Read the words of one trade."""
    return Trade(**_read(name))


@functools.cache
def people() -> People:
    """Read the shared names and places."""
    return People(**_read("people"))


@functools.cache
def layouts() -> Layouts:
    """Read the ways in which companies keep their files."""
    return Layouts(**_read("layouts"))


def _read(name: str) -> dict[str, Any]:
    text = files("worlds").joinpath("vocab", f"{name}.json").read_text(encoding="utf-8")
    return {key: _frozen(value) for key, value in json.loads(text).items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value
