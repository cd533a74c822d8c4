"""The closed sets of the logical form: ends of an order, ways to make one value of several, comparisons."""

from enum import StrEnum


class Direction(StrEnum):
    """Which end of an order is meant."""

    HIGHEST = "highest"
    LOWEST = "lowest"


class Function(StrEnum):
    """What is made of many rows."""

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"


class Operator(StrEnum):
    """How a row is compared."""

    EQUAL = "equal"
    OVER = "over"
    UNDER = "under"
    SINCE = "since"
    """On or after a date."""
    BEFORE = "before"
    ONE_OF = "one_of"
    """Equal to one of `several`."""


class Operation(StrEnum):
    """What is made of two or more single values."""

    DIFFERENCE = "difference"
    """First less second."""
    RATIO = "ratio"
    PERCENT_CHANGE = "percent_change"
    """From first to second."""
    PERCENT_OF = "percent_of"
    """First percent of second."""
    PRODUCT = "product"
    DAYS_BETWEEN = "days_between"
    """Of two dates, whichever is the earlier."""
    SUM = "sum"
    MEAN = "mean"
