"""Floor 3: the INT8 (or any) model behind an OpenAI-compatible API, asked and measured before it is trusted."""
