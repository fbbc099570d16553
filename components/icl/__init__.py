"""The prompting laboratory: a grid of ways to ask, each cell with its interval, its cost, and its test against one.

Floor 6. May import: base generation metrics model prompting retrieval runtime scoring tasks text tools.
Must not know: how the models were trained.
"""
