"""Token shards: the file format, its writer and memory-mapped reader, and the one order of samples.

Floor 1. May import: base.
Must not know: who trains on them.
"""
