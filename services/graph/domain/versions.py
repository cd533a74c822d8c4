"""The run of versions: which cut is due, and reading back the last complete one."""

from collections.abc import Iterator

from services.graph.domain.catalogue import Catalogue
from services.graph.domain.cuts import NOTHING, Epoch, Version, digest_of, next_version
from services.graph.domain.epochs import Epochs
from shared.model.graphs import GraphCut, GraphRecord, ToolNode


class Versions:
    """Cuts version after version from catalogue and epochs.

    Version 0 waits for the catalogue, version 1 follows at once, version e + 1 folds epoch e - 1 when it is complete.
    """

    def __init__(self, catalogue: Catalogue, epochs: Epochs) -> None:
        self.catalogue, self.epochs = catalogue, epochs
        self.newest: Version | None = None

    def resume(self, version: Version) -> None:
        """Go on from a version that is complete on the topic."""
        self.newest = version
        self.epochs.resume(version.cut.folded_epoch, version.cut.offsets)

    def due(self, may_start: bool) -> Iterator[Version]:
        """Cut every version that is due; `may_start` lets version 0 be cut before the catalogue is settled."""
        while (epoch := self._next_epoch(may_start)) is not None:
            if epoch is not NOTHING:
                self.epochs.fold(epoch.number)
            self.newest = next_version(self.newest, self.catalogue, epoch, self.epochs.offsets())
            yield self.newest

    def _next_epoch(self, may_start: bool) -> Epoch | None:
        if self.newest is None:
            starts = self.catalogue.is_settled() or (may_start and self.catalogue.has_a_server())
            return NOTHING if starts else None
        # Version 1 comes at once: the sampler draws two epochs ahead, so two epochs are in flight from the start.
        if self.newest.cut.version == 0:
            return NOTHING
        number = self.newest.cut.version - 1
        explorations = self.epochs.complete(number)
        if explorations is None or not (explorations or self._has_news()):
            return None
        return Epoch(number, explorations)

    def _has_news(self) -> bool:
        """Tell whether a cut over an epoch without draws could differ: else cut and draw would chase one another."""
        newest = self.newest.cut if self.newest else None
        return newest is None or self.catalogue.is_settled() or newest.catalogue_digest != self.catalogue.digest()


class ReadingBack:
    """Finds the last complete version on `tool-graph`: its nodes, then the cut that closes it."""

    def __init__(self) -> None:
        self.found: Version | None = None
        self._nodes: dict[int, dict[str, ToolNode]] = {}

    def add(self, record: GraphRecord) -> None:
        """Take in one record in the order of the topic; an unfinished attempt at a version may stand before it."""
        if isinstance(record, GraphCut):
            self._close(record)
        else:
            nodes = self._nodes.setdefault(record.version, {})
            # Taken out first, so that it moves to the end: the last
            # `node_count` nodes are those of the finished attempt.
            nodes.pop(record.tool_id, None)
            nodes[record.tool_id] = record

    def _close(self, cut: GraphCut) -> None:
        written = list(self._nodes.pop(cut.version, {}).items())
        nodes = dict(written[len(written) - cut.node_count :])
        # A cut whose nodes were lost or mixed with another attempt's is passed over, and made again.
        if len(nodes) == cut.node_count and digest_of(nodes.values()) == cut.graph_digest:
            self.found = Version(nodes, cut)
