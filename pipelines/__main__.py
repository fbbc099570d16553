"""Command line: `python -m pipelines check | run STAGE`."""

import argparse
import sys

from components.base.errors import ParamsError, PipelineError
from pipelines.params import STAGES, read_params

EXIT_REFUSED = 1
EXIT_BAD_PARAMS = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; a refusal is one line on standard error and a non-zero exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        parsed.verb(parsed)
    except ParamsError as error:
        return _refuse(error, EXIT_BAD_PARAMS)
    except PipelineError as error:
        return _refuse(error, EXIT_REFUSED)
    except KeyboardInterrupt:
        print("interrupted: the next `dvc repro` resumes from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipelines", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="check params.yaml and the cluster file (under two seconds)")
    check.set_defaults(verb=_check)
    run = verbs.add_parser("run", help="run one stage on the artifacts at hand, as `dvc repro` would")
    run.add_argument("stage", choices=STAGES)
    run.set_defaults(verb=_run)
    return parser


def _check(_: argparse.Namespace) -> None:
    from components.runtime.where import read_where

    read_params()
    where = read_where()
    print(f"params.yaml: ok ({len(STAGES)} stages); Ray: {where.ray.address}")


def _run(parsed: argparse.Namespace) -> None:
    if parsed.stage == "code":
        from pipelines.code import run

        run()
        return
    from components.runtime.threads import settle_threads
    from pipelines.runner import run_stage

    settle_threads()
    metrics = run_stage(parsed.stage)
    print(f"{parsed.stage}: done in {metrics['wall_s']:.0f} s, peak {metrics['peak_memory_gb']:.1f} GB")


def _refuse(error: PipelineError, code: int) -> int:
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
