"""Reads tool-catalogue, sub-dags and explorations; decides which tools feed which; writes tool-graph, cut by cut."""
