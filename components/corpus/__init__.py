"""Raw sources become clean, deduplicated, redacted, decontaminated documents."""
