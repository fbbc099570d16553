"""How the workers of a run share its model and its data: the named mesh, and one file per layout.

Floor 2, below runtime, training, generation and scoring, which all ask it who they are. May import: model, base.
Must not know: what is trained, and where the workers run.
"""
