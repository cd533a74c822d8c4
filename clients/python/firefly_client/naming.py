"""Names that a trainer's interface takes, and the way back to the offered ones."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterable

LONGEST = 64
"""Characters of a function name that OpenAI-style interfaces take."""
SUBMIT = "submit_answer"
TAKEN_BY_OPENENV = frozenset({"reset", "step", "state", "close"})
TAKEN_BY_TRL = frozenset({"reset", "get_reward", "self"})
TAKEN_BY_NEMO_GYM = frozenset({"verify", "seed_session", "aggregate_metrics", "mcp"})


def api_name(name: str) -> str:
    """Write a name the way OpenAI-style interfaces take it: `[a-zA-Z0-9_-]{1,64}`."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:LONGEST] or "_"


def python_name(name: str) -> str:
    """Write a name as a public Python identifier of at most 64 ASCII characters."""
    made = re.sub(r"[^a-zA-Z0-9_]", "_", name)[:LONGEST].lstrip("_") or "unnamed"
    if made[0].isdigit():
        made = f"n{made}"[:LONGEST]
    return f"{made}_" if keyword.iskeyword(made) else made


class Names:
    """One interface's names for some given names, unique, with the way back."""

    def __init__(
        self, names: Iterable[str], legal: Callable[[str], str] = api_name, taken: Collection[str] = ()
    ) -> None:
        """Name every name; `legal` makes a legal name of any, `taken` cannot be used at all.

        A name that is legal as it is keeps itself, whatever else would be written the same way.
        """
        given = list(dict.fromkeys(names))
        self._there = {name: name for name in given if legal(name) == name and name not in taken}
        self._used = {*taken, *self._there}
        # Sorted, so that a name does not depend on the order that tools are offered in.
        for name in sorted(given):
            if name not in self._there:
                self._there[name] = self._free(legal(name))
        self._back = {made: name for name, made in self._there.items()}

    def there(self, name: str) -> str:
        """Return the interface's name of a given name."""
        return self._there[name]

    def back(self, made: str) -> str:
        """Return the given name; a name that was never made stays, and the simulator says that it is unknown."""
        return self._back.get(made, made)

    def _free(self, wanted: str) -> str:
        made, number = wanted, 1
        while made in self._used:
            number += 1
            end = f"_{number}"
            made = wanted[: LONGEST - len(end)] + end
        self._used.add(made)
        return made
