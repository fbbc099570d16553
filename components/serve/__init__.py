"""A model behind an OpenAI-compatible API, asked and load-tested before it is trusted.

Floor 6. May import: base generation metrics model runtime tasks text tools.
Must not know: how the model came about.
"""
