"""Raw sources become clean, deduplicated, redacted, decontaminated documents.

Floor 6. May import: base datasets metrics tasks text.
Must not know: how documents become tokens.
"""
