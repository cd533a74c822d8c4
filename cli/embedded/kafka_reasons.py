"""Why a Kafka process did not start, from what it wrote."""

from pathlib import Path

from shared.model.errors import BadInput, Unavailable

_MENDABLE = {
    "Address already in use": "its port is in use; stop what listens there or choose another port",
    "No space left on device": "the disc is full; make room or choose another folder with --data",
    "Read-only file system": "the folder is read-only; choose another one with --data",
    "Permission denied": "the folder cannot be written; choose another one with --data",
    "Failed to acquire lock": "another Kafka uses this folder; stop it or choose another one with --data",
}


def explain(text: str, where: Path) -> BadInput | Unavailable:
    """The error to raise: `BadInput` when a person can mend it."""
    for sign, advice in _MENDABLE.items():
        if sign in text:
            return BadInput(f"Kafka cannot start on {where}: {advice}")
    last = "\n".join(text.splitlines()[-4:])
    return Unavailable(f"Kafka did not start; it wrote to {where}:\n{last}")
