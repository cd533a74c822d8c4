"""Agents that play tasks against a simulator over gRPC, and what comes of it."""
