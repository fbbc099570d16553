"""Token ids in, token ids out: the engine that runs many requests through one model, and what they may ask.

Floor 4. May import: base datasets model runtime text tools.
Must not know: tasks, stages, or who asks: an endpoint, an evaluation, a rollout.
"""
