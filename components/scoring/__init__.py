"""What a model gives a text: log-probabilities of its tokens, and the means of them that stages report.

Floor 4. May import: base model shards text.
Must not know: tokenizers, tasks, which stage asks, what a figure is for.
"""
