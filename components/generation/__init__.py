"""Floor 2: token ids in, token ids out, for any causal model, offline and served alike."""
