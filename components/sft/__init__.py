"""Supervised fine-tuning: conversations, their packing, TRL behind a door, and what the result can do."""
