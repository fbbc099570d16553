"""The aligned model in INT8, held to its budget.

Floor 3. May import: base generation model runtime scoring shards tasks text.
Must not know: how the model was aligned.
"""
