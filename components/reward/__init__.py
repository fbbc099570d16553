"""The reward model: preference pairs, a scalar head on the last token, TRL behind a door, held-out judgement."""
