"""Kafka: the transactional worker, the Faust shell, readers, dead letters."""
