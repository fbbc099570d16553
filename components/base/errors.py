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
