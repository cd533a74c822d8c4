"""Reads explorations; decides, backward, which question they answer and proves every field; writes draft-tasks."""
