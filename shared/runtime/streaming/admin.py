"""Topics are created beforehand, from the table."""


async def create_topics(bootstrap: str, replication: int = 1, min_isr: int = 1) -> None:
    """Create what is missing of TOPICS and their dead-letter topics, check the rest, wait for leaders.

    Raises:
        BadInput: an existing topic differs from the table.
        Unavailable: Kafka does not answer.
    """
    raise NotImplementedError
