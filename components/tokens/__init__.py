"""Documents become a tokenizer and token shards.

Floor 6. May import: base datasets metrics shards text.
Must not know: how the shards are trained on.
"""
