"""How a model is trained, whatever it learns: the one step loop, and the one door to TRL's trainers.

Floor 5. May import: base model optim parallel runtime text.
Must not know: a stage's data, or what its figures mean.
"""
