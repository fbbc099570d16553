"""What a run's tasks are: their items and uses, how they are asked, how an answer is read, and what is correct.

Floor 2. May import: base datasets model shards text tools.
Must not know: models, how answers are generated, or which stage asks.
"""
