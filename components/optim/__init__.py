"""Floor 1: optimisers and learning-rate schedules."""
