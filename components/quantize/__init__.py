"""The aligned model in INT8, held to its budget.

Floor 6. May import: base generation metrics model runtime scoring tasks text.
Must not know: how the model was aligned.
"""
