"""Reads sub-dags; executes them on real servers, once more elsewhere, and with other values; writes what happened."""
