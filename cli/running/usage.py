"""CPU seconds and memory of the stages, their children included."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psutil


@dataclass(slots=True)
class Usage:
    """Of one stage."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0
    peak_rss_bytes: int = 0


@dataclass(slots=True)
class Meter:
    """Samples processes; what a dead process used stays counted."""

    stages: dict[str, Usage] = field(default_factory=dict)
    peak_rss_bytes: int = 0
    """Of all stages together, at one moment; shared pages count in each process."""
    _cpu: dict[tuple[str, int], float] = field(default_factory=dict)

    def sample(self, processes: Iterable[tuple[str, int]]) -> None:
        """Take one sample of (stage, root process) pairs."""
        for usage in self.stages.values():
            usage.rss_bytes = 0
        for stage, pid in processes:
            usage = self.stages.setdefault(stage, Usage())
            cpu, rss = _tree(pid)
            # A child that has ended counts nowhere until its parent waits for it.
            self._cpu[stage, pid] = max(cpu, self._cpu.get((stage, pid), 0.0))
            usage.rss_bytes += rss
        for stage, usage in self.stages.items():
            usage.cpu_seconds = sum(cpu for (name, _), cpu in self._cpu.items() if name == stage)
            usage.peak_rss_bytes = max(usage.peak_rss_bytes, usage.rss_bytes)
        self.peak_rss_bytes = max(self.peak_rss_bytes, sum(usage.rss_bytes for usage in self.stages.values()))

    @property
    def cpu_seconds(self) -> float:
        """Of all stages together."""
        return sum(usage.cpu_seconds for usage in self.stages.values())


def _tree(pid: int) -> tuple[float, int]:
    """CPU seconds and resident bytes of a process and its descendants; dead children count through their parent."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0, 0
    cpu, rss = 0.0, 0
    for process in family:
        try:
            with process.oneshot():
                times = process.cpu_times()
                rss += process.memory_info().rss
            cpu += times.user + times.system + times.children_user + times.children_system
        except psutil.NoSuchProcess:
            continue
    return cpu, rss
