"""The run told on one page: everything measured, where it came from, and what was missed."""
