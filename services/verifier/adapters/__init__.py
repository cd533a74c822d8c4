"""What the verifier reaches: the simulator."""
