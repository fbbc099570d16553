"""The instruction-tuned model is aligned: by rollouts that are rewarded, or by preference pairs.

Floor 6. May import: base datasets generation metrics model optim parallel runtime scoring shards tasks text tools
training.
Must not know: how pairs were made, and how the reward model was trained.
"""
