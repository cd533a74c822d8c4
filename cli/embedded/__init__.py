"""The embedded stack: a real Kafka and a real Valkey from wheels and Maven coordinates, without root."""
