"""Every model by every prompting method, on the run's tasks.

Floor 6. May import: base generation metrics model plots prompting scoring tasks text.
Must not know: how the models were trained.
"""
