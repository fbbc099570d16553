"""The run on one page: everything measured, where it came from, and what was missed.

Floor 6. May import: base metrics plots.
Must not know: how anything is measured, and any library of machine learning.
"""
