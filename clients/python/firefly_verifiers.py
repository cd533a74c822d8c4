"""The name that verifiers finds the FireFly taskset by: its plugins are top-level modules with one taskset each."""

from firefly_client.adapters.verifiers import FireflyTaskset

__all__ = ["FireflyTaskset"]
