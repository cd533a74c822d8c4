"""How a service runs: topics, wire, workers, gRPC, settings, telemetry, MCP servers. No domain decision."""
