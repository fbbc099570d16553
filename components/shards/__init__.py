"""Token shards: the file format, its writer and memory-mapped reader, and the one sample order."""
