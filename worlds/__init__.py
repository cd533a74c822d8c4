"""The world builder: one seed gives one coherent little company, the same entities in many files.

Nothing in `services` imports this: a service must not know what a world was built from.
"""

from worlds.builder import Scenario, TooLittle, build, files_of, rebuild
from worlds.supporting import Support, support
from worlds.vocabulary import TRADES

__all__ = ["TRADES", "Scenario", "Support", "TooLittle", "build", "files_of", "rebuild", "support"]
