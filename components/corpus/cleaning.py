"""Everything that is done to one document alone, in order: repair, filter, redact, decontaminate."""

from dataclasses import dataclass

from components.corpus.config import CorpusConfig, QualityRules
from components.corpus.documents import Cleaned, Document
from components.corpus.quality import find_violation
from components.corpus.redaction import redact
from components.corpus.repair import repair_unicode
from components.tasks.contamination import ContaminationIndex, find_overlap


@dataclass(frozen=True)
class Cleaner:
    """The rules that need no other document; a plain value that travels to every worker."""

    cfg: CorpusConfig
    contamination: ContaminationIndex

    def clean(self, document: Document) -> Cleaned:
        """The mended text, or the name of the first rule that dropped it and why."""
        text = repair_unicode(document.text, self.cfg.unicode)
        repaired = text != document.text
        if not text.strip():
            return Cleaned(text, "empty", "no text", repaired)
        rules = self._rules_of(document)
        broken = find_violation(text, rules) if rules else None
        if broken:
            return Cleaned(text, *broken, repaired)
        text, redactions = redact(text, self.cfg.redact)
        overlap = find_overlap(text, self.contamination)
        if overlap is not None:
            return Cleaned(text, "contaminated", f"shares {overlap!r} with an evaluation item", repaired, redactions)
        return Cleaned(text, "", "", repaired, redactions)

    def _rules_of(self, document: Document) -> QualityRules | None:
        match document.quality:
            case "prose":
                return self.cfg.quality.prose
            case "code":
                return self.cfg.quality.code
            case "off":
                return None
