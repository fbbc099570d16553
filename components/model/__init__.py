"""The networks: our two families by their options, their INT8 form, and what may be asked of any model.

Floor 1. May import: base.
Must not know: texts, and how a model is trained, sharded or sampled.
"""
