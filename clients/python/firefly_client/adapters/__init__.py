"""One module per training framework; each imports its framework when it is imported, and nothing else does."""
