"""Kafka and Valkey of a data folder, kept running."""

from collections.abc import Callable, Iterator

from cli.data_folder import DataFolder
from cli.embedded.kafka import Kafka
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.valkey import Valkey
from shared.model.errors import Unavailable

STARTS = 3


class Stack:
    """Both servers; every method runs in the thread that lives as long as they shall."""

    def __init__(self, folder: DataFolder, settings: EmbeddedSettings, say: Callable[[str], None]) -> None:
        self.kafka = Kafka(folder.kafka, settings=settings, say=say)
        self.valkey = Valkey(folder.valkey, settings=settings)
        self._say = say
        self.restarts = 0

    def start(self) -> None:
        """Start both at once and wait for both.

        Raises:
            BadInput: folder, cache or port cannot be used.
            Unavailable: one of them does not start.
        """
        self.valkey.spawn()
        try:
            self.kafka.spawn()
            self.kafka.wait_ready()
        except Unavailable:
            self._start_kafka_again()
        try:
            self.valkey.wait_ready()
        except Unavailable:
            self.valkey.start()

    def revive(self) -> None:
        """Start again what died; raises as `start`."""
        if self.valkey.process is not None and self.valkey.process.exit_code is not None:
            self._say("valkey died; starting it again")
            self.restarts += 1
            self.valkey.start()
        if any(node.process is not None and node.process.exit_code is not None for node in self.kafka.nodes):
            self._say("kafka died; starting it again")
            self.restarts += 1
            self._start_kafka_again()

    def _start_kafka_again(self) -> None:
        """Start it until it serves: it may be killed while it recovers from having been killed."""
        for left in reversed(range(STARTS)):
            self.kafka.stop()
            try:
                self.kafka.start()
            except Unavailable:
                if not left:
                    raise
                self._say("kafka died while it started; starting it again")
            else:
                return

    def stop(self) -> None:
        """Stop both."""
        try:
            self.kafka.stop()
        finally:
            self.valkey.stop()

    def pids(self) -> Iterator[tuple[str, int]]:
        """Name and process id of what runs."""
        if self.valkey.process is not None:
            yield "valkey", self.valkey.process.pid
        for node in self.kafka.nodes:
            if node.process is not None:
                yield "kafka", node.process.pid
