"""The world builder: one seed gives one coherent little company, the same entities in many files.

Nothing in `services` imports this: a service must not know what a world was built from.
"""

from worlds.builder import build

__all__ = ["build"]
