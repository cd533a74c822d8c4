"""Stand-ins for the training frameworks: as much of each interface as its adapter uses, with the loop that drives it.

They are put in the place of the packages, so the adapters run as they are; the real packages are tested apart.
"""
