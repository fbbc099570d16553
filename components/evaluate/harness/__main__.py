"""`python -m components.evaluate.harness prompts|run TASK.yaml`: what a page asks, and what a model answers.

`python -m components.evaluate.harness lm_eval …` is lm-eval's own command, with `--model ontogeny` among its models.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from components.base.errors import PipelineError
from components.model.config import Dtype, InferenceConfig
from components.tasks.harness.chat import make_chat_template
from components.tasks.harness.suite import Suite, open_suite
from components.tasks.harness.task import ChatOptions

PROG = "python -m components.evaluate.harness"


def read_chat(args: argparse.Namespace) -> ChatOptions:
    """How prompts are conversations, where the command says that they are."""
    if not args.apply_chat_template:
        return ChatOptions(system_instruction=args.system_instruction)
    if args.model is None:
        raise PipelineError("--apply-chat-template: it takes --model, a folder with a tokenizer and its template")
    from components.text.tokenizer import load_tokenizer

    template = make_chat_template(load_tokenizer(args.model))
    return ChatOptions(template, not args.fewshot_in_one_turn, args.system_instruction)


def show_prompts(suite: Suite, args: argparse.Namespace) -> None:
    """A JSON object an item, or none where one of them cannot be asked."""
    lines = [
        json.dumps(
            {"task": task.name, "doc_id": q.doc_id, "prompt_hash": q.prompt_hash, "arguments": q.arguments},
            ensure_ascii=False,
            default=str,
        )
        for task in suite.tasks
        for q in task.ask(read_chat(args), args.limit)
    ]
    print("\n".join(lines))


def run(suite: Suite, args: argparse.Namespace) -> None:
    """Ask the model and write results and samples."""
    from components.evaluate.harness.run import run_suite

    how = InferenceConfig(dtype=args.dtype, max_length=args.max_length)
    print(run_suite(suite, args.model, args.out, chat=read_chat(args), limit=args.limit, inference=how))


def parse_arguments(given: Sequence[str]) -> argparse.Namespace:
    """The verbs and their options."""
    parser = argparse.ArgumentParser(prog=PROG, description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, told in (("prompts", "print what is asked"), ("run", "ask a model, write results_* and samples_*")):
        verb = verbs.add_parser(name, help=told)
        verb.add_argument("task", type=Path, help="page of a task or a group, as lm-eval reads it")
        verb.add_argument("--limit", type=_read_limit, help="the first so many items of each task")
        verb.add_argument("--model", type=Path, required=name == "run", help="model folder")
        verb.add_argument("--allow-code", action="store_true", help="run the !functions of a page that you trust")
        verb.add_argument("--apply-chat-template", action="store_true", help="ask in turns of the model's template")
        verb.add_argument("--fewshot-in-one-turn", action="store_true", help="demonstrations within the user's turn")
        verb.add_argument("--system-instruction", help="said before the page's description")
        if name == "run":
            verb.add_argument("--out", type=Path, required=True, help="folder of the results")
            verb.add_argument("--dtype", choices=get_args(Dtype), default="own", help="of the weights, else as saved")
            verb.add_argument("--max-length", type=_read_limit, help="tokens, where the model's context is longer")
    return parser.parse_args(given)


def _read_limit(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def main(given: Sequence[str] | None = None) -> int:
    """One line on standard error for a refusal."""
    words = sys.argv[1:] if given is None else given
    try:
        if words[:1] == ["lm_eval"]:
            from components.evaluate.harness.lm import run_lm_eval

            run_lm_eval(words[1:])
            return 0
        args = parse_arguments(words)
        suite = open_suite(args.task, allow_code=args.allow_code)
        (show_prompts if args.verb == "prompts" else run)(suite, args)
    except PipelineError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
