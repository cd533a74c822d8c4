"""Memory of a run's processes over time, and whether it grows."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

import psutil

MIB = 2**20
WARM_SECONDS = 60.0
"""Before this age a process still loads what it needs."""
EVERY_SECONDS = 5.0


@dataclass(slots=True)
class Memory:
    """Samples per role: (seconds since the first sample, MiB)."""

    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    _began: float = field(default_factory=time.monotonic)
    _last: float = 0.0

    def sample(self, processes: Iterable[tuple[str, psutil.Process]]) -> None:
        """Note the resident memory of processes that are warm; more often than every few seconds is left out."""
        now = time.monotonic()
        if now - self._last < EVERY_SECONDS:
            return
        self._last = now
        for role, process in processes:
            try:
                if role and time.time() - process.create_time() > WARM_SECONDS:
                    self.samples[role].append((now - self._began, process.memory_info().rss / MIB))
            except psutil.Error:
                continue

    def table(self) -> dict[str, dict[str, float]]:
        """Per role: samples, median MiB, slope in MiB per hour (least squares over the run)."""
        return {
            role: {
                "samples": len(points),
                "median_mib": round(median(mib for _, mib in points), 1),
                "slope_mib_per_hour": round(slope(points) * 3600, 1),
            }
            for role, points in sorted(self.samples.items())
        }


def slope(points: list[tuple[float, float]]) -> float:
    """Least-squares slope; 0 for fewer than two instants."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
