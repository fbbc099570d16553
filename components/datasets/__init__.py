"""Formats of data: the user's rows and the messages in them, the pairs that stages hand on, one rule to hold out.

Floor 1. May import: base.
Must not know: who makes the data, what is learned from it, tokenizers.
"""
