"""The embedded stack: a real Kafka, a real Valkey and a Node, all from wheels and Maven coordinates, without root."""
