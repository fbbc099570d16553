"""Errors a user can act on: one line that says where, what, and what is allowed."""


class PipelineError(Exception):
    """Base of every refusal; the command line prints it as one line and exits non-zero."""


class ParamsError(PipelineError):
    """A value in params.yaml or a cluster file is unknown, missing or of the wrong type."""


class DataError(PipelineError):
    """Data that a user brought is missing, malformed or empty."""


class ArtifactError(PipelineError):
    """A stage's artifact is missing, truncated, altered, or does not fit another one."""


class GateError(PipelineError):
    """A measured figure is beyond the budget pinned in params.yaml, so the stage stops here."""


class DivergenceError(PipelineError):
    """A loss, norm, reward or other figure of a run is no longer a finite number."""


FULL = ("No space left on device", "Disk quota exceeded", "File too large", "unexpected pos")
"""As the system says it; the last is torch's word for a write that came back short."""


def name_full_disk(error: BaseException) -> PipelineError | None:
    """One line for a full disk or quota, which every library reports in a type of its own; None for other errors."""
    seen: BaseException | None = error
    while seen is not None:
        told = next((words for words in FULL if words in str(seen)), None)
        if told:
            place = f"{seen.filename}: " if isinstance(seen, OSError) and seen.filename else ""
            return PipelineError(f"{place}the disk or its quota is full ({told.lower()}): make room and run again")
        seen = seen.__cause__ or seen.__context__
    return None
