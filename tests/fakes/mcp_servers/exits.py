"""Exits at once and says why on stderr."""

import sys

sys.stderr.write("no licence key\n")
sys.exit(3)
