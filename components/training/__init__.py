"""How a model is trained, whatever it learns: the one step loop, and the one door to TRL's trainers.

Floor 2, above its other rooms. May import: runtime, text, model, optim, base.
Must not know: a stage's config, its data, or what its figures mean.
"""
