"""Reads the catalogue, recordings and tasks (or a snapshot), decides what a call answers, serves episodes over gRPC."""
