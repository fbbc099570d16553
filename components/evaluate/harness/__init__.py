"""lm-evaluation-harness's door: its task pages asked of a model here, and its commands over an engine of ours."""
