"""Unicode repair: mojibake, control characters, line ends, canonical composition."""

import ftfy

from components.corpus.config import UnicodeConfig


def repair_unicode(text: str, cfg: UnicodeConfig) -> str:
    """Mended text; typographic quotes and ligatures are real characters and stay."""
    if _is_plain(text):
        return text
    fixed: str = ftfy.fix_text(
        text,
        unescape_html=cfg.unescape_html,
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        normalization=cfg.normalization,
    )
    return fixed


def _is_plain(text: str) -> bool:
    """Printable ASCII without entities: nothing to mend, and most text is that."""
    return text.isascii() and "&" not in text and text.replace("\n", "").replace("\t", "").isprintable()
