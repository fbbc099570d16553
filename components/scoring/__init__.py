"""What a model gives a text: log-probabilities of its tokens, and the means of them that stages report.

Floor 3. May import: model.
Must not know: tokenizers, tasks, where a text comes from, what a figure is for.
"""
