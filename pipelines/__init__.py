"""What happens, in order: one file per stage, no loops, no maths."""
