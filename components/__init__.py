"""The parts: one room per stage above shared floors (see docs/architecture.md)."""
