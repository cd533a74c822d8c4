"""A label decides between two things of one name; columns that refer to each other speak of one thing."""

from dataclasses import dataclass

from services.sampler.domain.likeness import families, meant
from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.logical_form import Table
from shared.model.values import ValueKind


@dataclass(frozen=True)
class Rows:
    table: Table


@dataclass(frozen=True)
class Said:
    fact: WorldFact
    relation: Rows
    column: WorldColumn


def said(label, table, column):
    fact = WorldFact("note.md", label, "Test Kitchen", ValueKind.NAME)
    return Said(fact, Rows(Table("a.xlsx", table, "xlsx")), WorldColumn(column, ValueKind.NAME))


ENERGY, LOG = ("a.xlsx", "Energy", "Site"), ("a.xlsx", "Log", "location")
FAMILY = families([(LOG, ENERGY)])


def test_site_is_no_department_of_the_same_name():
    site, log, department = (said("Site", *place) for place in (("Energy", "Site"), ("Log", "location"), ("B", "Dep")))
    assert meant([site, log, department], FAMILY) == (site, log)


def test_label_without_a_rival_needs_no_word_in_common():
    goods = said("Goods", "Prices", "description")
    assert meant([goods], FAMILY) == (goods,)


def test_two_things_that_the_label_does_not_tell_apart_are_neither():
    assert meant([said("Place", "Energy", "Site"), said("Place", "Budget", "Department")], FAMILY) == ()


def test_columns_are_joined_over_a_third():
    third = ("a.xlsx", "Rooms", "room")
    assert families([(LOG, ENERGY), (third, LOG)])(ENERGY) == {LOG, ENERGY, third}
