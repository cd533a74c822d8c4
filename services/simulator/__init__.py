"""Reads recordings, verified tasks, their status and the catalogue (or one snapshot file), decides what a tool call

answers in an episode's state, serves episodes over gRPC.
"""
