"""What the modules that realise one kind of form need of the realiser."""

import random
from collections.abc import Callable
from typing import Any, Protocol

from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import Found, Plan
from services.sampler.domain.relations import Relation, Relations
from shared.model.logical_form import Aggregate, Table


class Realising(Protocol):
    """A plan under construction."""

    rng: random.Random
    plan: Plan
    relations: Relations
    wanted: dict[Any, tuple[str, ...]]
    flowing: set[Any]
    together: dict[Any, tuple[Aggregate, ...]]
    rows: dict[Any, Callable[[str], Found]]

    def value(self, form: Any) -> Found:
        """Make the calls that compute a form."""

    def choose(self, *skills: Skill) -> tuple[Ability, ...]:
        """List abilities of the skills in a random order."""

    def one(self, *skills: Skill) -> Ability:
        """Choose an ability; raises Infeasible."""

    def relation(self, table: Table) -> Relation:
        """Find the relation of a table."""
