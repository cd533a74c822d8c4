"""What the crawler reaches: sandboxed servers and the files of worlds."""
