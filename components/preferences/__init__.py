"""Preference pairs: sampled from the instruction-tuned model and labelled, or read from the user's files.

Floor 6. May import: base datasets generation metrics model scoring tasks text.
Must not know: what is learned from the pairs.
"""
