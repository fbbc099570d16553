"""The parts: one room per stage above shared floors (see the README's tree)."""
