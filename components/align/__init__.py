"""The room of alignment: proximal policy optimisation against a reward model."""
