"""The room of pretraining: a causal decoder learns to predict the corpus."""
