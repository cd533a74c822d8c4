"""MCP servers: read from mcp.json, installed once, run in sandboxes over copies of worlds."""
