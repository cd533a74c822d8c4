"""Before a single node that was killed starts again: take the dead broker's leadership away.

Without this, about one commit in four that was in flight at the kill is lost for ever (seen on 4.3.1). The restarted
broker first believes its predecessor's leadership, reloads the half-finished commit and cannot yet send itself the
marker; then the controller fences the predecessor, the partition has no leader for a moment, and the coordinator says
"likely deleted already and hence can be skipped" and forgets the marker. Readers of committed data stop there for good.
So the controller runs alone first, with a short session time-out, until the dead broker is fenced.
"""

import re
import time
from pathlib import Path

from cli.embedded.java import Java
from cli.embedded.kafka_files import LOG4J_PROPERTIES, NodeAddress, controller_properties
from cli.embedded.kafka_reasons import explain
from cli.embedded.processes import spawn, tail
from shared.model.errors import Unavailable

SECONDS = 60
COMMIT_SECONDS = 1.0
CLEAN = ".kafka_cleanshutdown"
ACTIVE = "Performing controller activation"
"""Written when all that was committed has been replayed; "started" is written long before."""
LOGGING = f"{LOG4J_PROPERTIES}logger.controller.name = org.apache.kafka.controller\nlogger.controller.level = info\n"
_REGISTRATION = re.compile(
    r"Replayed .*(?:RegisterBrokerRecord|BrokerRegistrationChangeRecord).*\bfenced=(true|false|-1|0|1)\b"
)
_UNFENCED = {"true": False, "1": False, "false": True, "-1": True}
"""What a record says; 0 is "unchanged"."""


def was_killed(log_dir: Path) -> bool:
    """Whether a broker ran on this folder and did not stop in order."""
    return (log_dir / "recovery-point-offset-checkpoint").is_file() and not (log_dir / CLEAN).is_file()


def distrust(log_dir: Path) -> None:
    """Take away the mark of an orderly end.

    A broker that its predecessor keeps from registering ends after a minute and leaves that mark too: believed, the
    next one would not be recovered and would wait just as vainly.
    """
    (log_dir / CLEAN).unlink(missing_ok=True)


def fence_predecessor(java: Java, folder: Path, log_dir: Path, address: NodeAddress) -> None:
    """Run the controller alone until it holds no broker for alive.

    Raises:
        Unavailable: it does not get there in time.
        BadInput: it cannot start for a reason that a person can mend.
    """
    properties, log4j, log = (
        folder / "recovery.properties",
        folder / "recovery-log4j2.properties",
        folder / "recovery.log",
    )
    properties.write_text(controller_properties(address, log_dir), encoding="utf-8")
    log4j.write_text(LOGGING, encoding="utf-8")
    log.write_bytes(b"")
    controller = spawn("kafka-recovery", java.command(log4j, "kafka.Kafka", str(properties)), log, {})
    try:
        deadline = time.monotonic() + SECONDS
        while not is_fenced(log.read_text(encoding="utf-8", errors="replace")):
            if controller.exit_code is not None:
                raise explain(tail(log, 40), log)
            if time.monotonic() > deadline:
                raise Unavailable(f"Kafka did not recover from its last end in {SECONDS} s; see {log}")
            time.sleep(0.05)
        # the log says so before the record is committed: stopped now, the controller may forget it, and then holds the
        # dead broker for alive for ten minutes while the new one cannot register
        time.sleep(COMMIT_SECONDS)
    finally:
        controller.stop()


def is_fenced(text: str) -> bool:
    """Whether the controller is active and holds no broker for alive, by what it logged.

    Before it is active it replays what happened here: each earlier kill ends in a record that fences a broker.
    """
    alive = False
    for match in _REGISTRATION.finditer(text):
        alive = _UNFENCED.get(match[1], alive)
    return ACTIVE in text and not alive
