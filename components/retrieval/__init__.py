"""Which of many texts suit a question: similarities, and choices that weigh them against sameness. Numbers alone.

Floor 1. May import: nothing.
Must not know: what the texts are, and who asks.
"""
