"""Every model by every prompting method, on the run's tasks and on the user's task pages.

Floor 6. May import: base generation metrics model plots tasks text.
Must not know: how the models were trained.
"""
