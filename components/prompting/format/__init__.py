"""What a prompt looks like, and how a model's bias towards some answers is taken out."""
