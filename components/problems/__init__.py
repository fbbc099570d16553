"""Grade-school word problems: generated, phrased as instructions, and checked."""
