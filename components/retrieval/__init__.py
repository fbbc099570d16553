"""Which of many texts suit a question: similarities, and choices that weigh them against sameness. Numbers alone.

Floor 0. May import: nothing.
Must not know: what the texts are, and who asks.
"""
