"""What each stage measures, as types: written by the stage into `metrics/<stage>.json`, read by report and targets.

Floor 1. May import: base.
Must not know: how anything is measured.
"""
