"""In-context learning, a kind at a time: which demonstrations, in which order and format, and by which method.

Floor 5. May import: base datasets generation metrics model optim retrieval runtime scoring tasks text tools.
Must not know: which cells a grid has, or what a figure means.
"""
