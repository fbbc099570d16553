"""Which demonstrations a question is shown with."""
