"""Floor 0: what every room stands on, free of any machine-learning library."""
