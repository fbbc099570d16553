"""Charts as SVG, drawn by matplotlib: text stays text, colours follow the page they stand in.

Floor 1. May import: base.
Must not know: what is plotted, and for whom.
"""
