"""Optimisers, learning-rate schedules, and the one config that tells both what to do.

Floor 1. May import: base.
Must not know: what is trained, or over how many workers.
"""
