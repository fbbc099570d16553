"""Why in-context learning works, or does not: what heads look at, and what more context is worth."""
