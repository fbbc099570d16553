"""Text and token ids: the one chat template, the one tokenizer, the one way back to text, and rows of user data.

Floor 1. May import: base.
Must not know: models, and what is done with the ids.
"""
