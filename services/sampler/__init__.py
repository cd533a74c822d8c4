"""Reads tool-graph, the worlds of tool-catalogue and exploration-requests; decides what to try; writes sub-dags."""
