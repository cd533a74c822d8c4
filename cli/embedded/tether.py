"""Runs a program that the kernel kills when its parent dies: `python -IS tether.py PARENT_PID PROGRAM ARGUMENT...`.

Executed as a file before anything is installed on the path, so it knows only the standard library. The death signal
survives exec; it fires when the *thread* that started this process ends, so start children from a lasting thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the line above, and then no signal comes.
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
