"""Supervised fine-tuning: conversations, their packing, every weight or an adapter, and what the result can do.

Floor 6. May import: base datasets generation metrics model runtime scoring shards tasks text tools training.
Must not know: how the base model was made, and what is learned behind it.
"""
