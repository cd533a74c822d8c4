"""What the verifier reaches: the simulator, and the files of worlds."""
