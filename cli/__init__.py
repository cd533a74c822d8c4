"""The `firefly` command."""
