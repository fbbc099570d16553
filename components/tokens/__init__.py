"""From documents to a tokenizer and token shards."""
