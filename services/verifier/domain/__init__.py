"""The gates of publication: pure functions from a task and its replayed results to a reason, or none."""
