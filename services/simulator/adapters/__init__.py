"""SQLite, Valkey and snapshot files."""
