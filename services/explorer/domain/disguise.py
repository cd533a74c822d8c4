"""Errors in disguise are read in one place, `shared.proof.disguise`: the crawler's probes need the same eyes."""

from shared.proof.disguise import MOST_CHARACTERS, MOST_LINES, Diagnosis, Health, diagnose, error_text

__all__ = ["MOST_CHARACTERS", "MOST_LINES", "Diagnosis", "Health", "diagnose", "error_text"]
