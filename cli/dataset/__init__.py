"""The exported dataset: written from what a run holds, read back, and checked with nothing but `shared.proof`."""
