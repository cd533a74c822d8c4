"""Prints prose on stdout instead of speaking MCP, then ends."""

import sys

sys.stdout.write("Welcome to the server!\nListening on port 8080\n")
sys.stdout.flush()
sys.stdin.readline()
