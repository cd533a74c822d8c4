"""Reads draft-tasks; decides which of them can be proven; writes verdicts, verified-tasks and task-status."""
