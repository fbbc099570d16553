"""How an answer is come by: at once, by steps, by votes, or bit by bit."""
