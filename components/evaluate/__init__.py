"""Evaluate: every model by every prompting method, on word problems and on the user's task files."""
