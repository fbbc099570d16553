"""How a run's workers share its model and its data: a named mesh, and one file for each layout.

Floor 2. May import: base model.
Must not know: what is trained, and where the workers run.
"""
