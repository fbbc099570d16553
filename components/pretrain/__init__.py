"""A base model: shards under an objective, from random weights or from given ones, beside an n-gram model.

Floor 6. May import: base generation metrics model optim parallel runtime scoring shards text training.
Must not know: how documents became tokens, and what is made of the model.
"""
