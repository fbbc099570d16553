"""Rows of user data, the one chat template and the one tokenizer."""
