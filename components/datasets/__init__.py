"""The forms in which stages hand each other data that is no text, no shard and no model, and one rule to split it.

Floor 1. May import: base.
Must not know: who makes the data, and what is learned from it.
"""
