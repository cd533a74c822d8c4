"""What every service stands on: the vocabulary (`model`), what is provable (`proof`), how a service runs (`runtime`)."""
