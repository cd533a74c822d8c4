"""What to call to learn how a tool behaves, and what the answers prove."""
