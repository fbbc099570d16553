"""An lm-evaluation-harness task page, read as that reads it: rows, templates, demonstrations, requests."""
