"""What a call answers, what an episode is, what a snapshot holds."""
