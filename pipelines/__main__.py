"""The graph's command line: check and explain params, run a stage, compare variants."""

import argparse
import sys
import traceback
from pathlib import Path

from components.base.errors import ParamsError, PipelineError, name_full_disk
from components.base.files import write_text
from pipelines.params import STAGES, read_params

EXIT_REFUSED = 1
EXIT_BAD_PARAMS = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
LONGEST_LINE = 400
DETAILS = Path(".runs") / "failure.txt"


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; a refusal is one line on standard error and a non-zero exit code."""
    parsed = _parse(arguments)
    try:
        parsed.verb(parsed)
    except ParamsError as error:
        return _refuse(error, EXIT_BAD_PARAMS)
    except PipelineError as error:
        return _refuse(error, EXIT_REFUSED)
    except KeyboardInterrupt:
        from components.runtime.process_guard import was_terminated

        print("interrupted: the next `dvc repro` resumes from the last checkpoint", file=sys.stderr)
        return EXIT_TERMINATED if was_terminated() else EXIT_INTERRUPTED
    except Exception as error:  # a library's own; it must not reach the user as a page of code
        return _refuse(name_full_disk(error) or _keep_details(error), EXIT_REFUSED)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    """Options that we do not know are DVC's, where DVC is called."""
    parser = _parser()
    parsed, options = parser.parse_known_args(arguments)
    if options and parsed.verb is not _repro:
        parser.error(f"unrecognized arguments: {' '.join(options)}")
    parsed.options = options
    return parsed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipelines", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="check params.yaml and the cluster file (under two seconds)")
    check.add_argument("stage", nargs="?", choices=STAGES, default=STAGES[-1], help="what `dvc repro` is to make")
    check.set_defaults(verb=_check)
    describe = verbs.add_parser("describe", help="tell what a param is, what it may be, and what it makes stale")
    describe.add_argument(
        "path", nargs="?", default="", help="such as pretrain.model.position.kind; without: the sections"
    )
    describe.set_defaults(verb=_describe)
    schema = verbs.add_parser("schema", help="write docs/params.schema.json (for editors) and docs/params.md anew")
    schema.set_defaults(verb=_write_schema)
    options = verbs.add_parser("options", help="print which options do not go together, and which have no effect now")
    options.set_defaults(verb=_print_options)
    ablate = verbs.add_parser("ablate", help="run a named list of variants by `dvc exp`, each under several seeds")
    ablate.add_argument("name", help="a list in pipelines/ablations")
    ablate.set_defaults(verb=_ablate)
    repro = verbs.add_parser("repro", help="check, then `dvc repro` with one private Ray for all stages")
    repro.add_argument("stage", nargs="?", choices=STAGES, default=STAGES[-1], help="what is to be made; then options")
    repro.set_defaults(verb=_repro)
    seeds = verbs.add_parser("seeds", help="run the whole graph under several seeds by `dvc exp`, one after another")
    seeds.add_argument("count", type=int, help="how many: shared.seed and those that follow it")
    seeds.set_defaults(verb=_run_seeds)
    recipe = verbs.add_parser("recipe", help="show what an overlay on params.yaml changes, or run the graph with it")
    recipe.add_argument("name", nargs="?", help="one of pipelines/recipes, or the path of your own; without: the list")
    what = recipe.add_mutually_exclusive_group()
    what.add_argument("--run", action="store_true", help="run it in .recipes/NAME; figures go to metrics/recipes/NAME")
    what.add_argument("--apply", action="store_true", help="write its params into params.yaml")
    recipe.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="a param of its own besides")
    recipe.set_defaults(verb=_recipe)
    gguf = verbs.add_parser("gguf", help="make a Hugging Face folder of a model in a GGUF file")
    gguf.add_argument("source", help="a .gguf file, or an installed package that holds one")
    gguf.add_argument("folder", type=Path, help="the folder to make")
    gguf.set_defaults(verb=_convert_gguf)
    run = verbs.add_parser("run", help="run one stage on the artifacts at hand, as `dvc repro` would")
    run.add_argument("stage", choices=STAGES)
    run.set_defaults(verb=_run)
    return parser


def _check(parsed: argparse.Namespace) -> None:
    from components.runtime.cluster import read_cluster
    from pipelines.compatibility import check_compatibility
    from pipelines.graph import list_needed_stages
    from pipelines.memory import check_memory
    from pipelines.room import check_room

    needed, params = list_needed_stages(parsed.stage), read_params()
    check_compatibility(params, needed)
    cluster = read_cluster()
    check_room(params, cluster, needed)
    memory = check_memory(params, cluster, needed)
    print(f"params.yaml: ok ({len(needed)} stages); Ray: {cluster.ray.address}")
    print(memory)


def _repro(parsed: argparse.Namespace) -> None:
    from components.runtime.process_guard import was_terminated
    from pipelines.repro import repro

    _check(parsed)
    try:
        sys.exit(repro(parsed.stage, *parsed.options))
    except KeyboardInterrupt:  # the stage has told of it
        sys.exit(EXIT_TERMINATED if was_terminated() else EXIT_INTERRUPTED)


def _ablate(parsed: argparse.Namespace) -> None:
    from components.runtime.head import lend_head
    from pipelines.ablate import ablate, list_ablations

    if parsed.name not in list_ablations():
        raise ParamsError(f"ablate: {parsed.name!r} is not one of {', '.join(list_ablations())}")
    with lend_head():
        figures = ablate(parsed.name)
    print(f"figures: {figures} (`dvc repro report` shows them)")


def _run_seeds(parsed: argparse.Namespace) -> None:
    from pipelines.seeds import RESULTS, run_seeds

    rows = run_seeds(parsed.count).seeds
    whole = sum(row.targets_met == row.targets_total for row in rows)
    print(f"all targets met under {whole} of {len(rows)} seeds: {RESULTS} (`dvc repro report` shows them)")


def _recipe(parsed: argparse.Namespace) -> None:
    from pipelines.recipe import describe_changes, list_recipes, merge_recipe, read_recipe, write_params
    from pipelines.recipe_run import run_recipe

    if parsed.name is None and (parsed.run or parsed.apply or parsed.set):
        raise ParamsError(f"recipe: which one? {', '.join(list_recipes())}, or the path of a .yaml file")
    if parsed.name is None:
        print(*(f"{name:<12} {read_recipe(name).title}" for name in list_recipes()), sep="\n")
        return
    if parsed.run:
        sys.exit(run_recipe(parsed.name, parsed.set))
    base, merged = merge_recipe(read_recipe(parsed.name), parsed.set)
    if parsed.apply:
        write_params(merged)
    print(*describe_changes(base, merged), sep="\n")


def _convert_gguf(parsed: argparse.Namespace) -> None:
    from components.runtime.gguf import convert_gguf, find_gguf

    convert_gguf(find_gguf(parsed.source), parsed.folder)
    print(f"{parsed.folder}: a model folder")


def _describe(parsed: argparse.Namespace) -> None:
    from pipelines.describe import describe

    print(describe(parsed.path))


def _write_schema(_: argparse.Namespace) -> None:
    from pipelines.schema import write_schema

    print(*write_schema(), sep="\n")


def _print_options(_: argparse.Namespace) -> None:
    from pipelines.compatibility import draw_table
    from pipelines.relevance import list_inert

    print(draw_table())
    inert = list_inert(read_params().model_dump(mode="json"))
    print("\nIn params.yaml, but without effect beside the choices made there:", *inert or ["nothing"], sep="\n  ")


def _run(parsed: argparse.Namespace) -> None:
    if parsed.stage == "code":
        from pipelines.code import run

        run()
        return
    from components.metrics.headlines import write_headline
    from components.runtime.thread_env import set_thread_env
    from pipelines.runner import run_stage

    set_thread_env()
    metrics = run_stage(parsed.stage)
    costs = f"{metrics['wall_s']:.1f} s · {metrics['peak_memory_gb']:.1f} GB"
    print(" · ".join(filter(None, (f"{parsed.stage:<12} {costs}", write_headline(parsed.stage, metrics)))))


def _keep_details(error: Exception) -> PipelineError:
    """The last line of an unexpected error, and the file with all of it for whoever mends it."""
    last = " ".join(str(error).split())[:LONGEST_LINE] or "no message"
    try:
        write_text(DETAILS, "".join(traceback.format_exception(error)))
    except OSError as second:
        return PipelineError(f"{type(error).__name__}: {last} (details cannot be kept: {second})")
    return PipelineError(f"{type(error).__name__}: {last} (details: {DETAILS})")


def _refuse(error: PipelineError, code: int) -> int:
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
