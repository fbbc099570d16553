"""What a model may call while it writes: how a call stands in a text, and who answers it. Text in, text out.

Floor 1. May import: base retrieval.
Must not know: tokens, models, and who lets a model call.
"""
