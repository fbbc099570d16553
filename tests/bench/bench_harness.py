"""Items per second against lm-eval's own HF backend at its best batch size, both in one run on the same threads.

    python -m tests.bench.bench_harness --lm-eval-python PYTHON [--items 100] [--width 256] [--loads …]

Five loads of the shapes that matter, over generated rows and a random Llama in float32: 5-shot letters and 5-shot and
0-shot answer texts as MMLU has them, 8-shot label words as TREC, and 8-shot chains of thought as GSM8K. What is timed
is held against the other side's answers item by item: log-likelihoods to 1e-4, choices and texts equal. Ours counts the
reading of page, rows and model and the writing of results; lm-eval's counts neither model nor files.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.evaluate.harness.run import run_suite
from components.model.config import InferenceConfig
from components.runtime.folder import save_model
from components.tasks.harness.suite import open_suite
from components.text.tokenizer import train_byte_bpe
from tests.tiny import PATTERN
from tests.unit.evaluate.harness.test_against_lm_eval import compare, read_samples

SCRIPT = Path(__file__).parents[1] / "unit" / "evaluate" / "harness" / "run_lm_eval.py"
LABELS = ["abbreviation", "entity", "description", "human", "location", "numeric value"]
WANTED = {"mmlu_letters": 4.0, "mmlu_texts": 8.0, "mmlu_texts_0": 2.5, "trec": 8.0, "gsm8k": 3.0}
"""So many times lm-eval's items per second."""


def draw_words(rng: Random, words: list[str], low: int, high: int) -> str:
    return " ".join(rng.choice(words) for _ in range(rng.randint(low, high)))


def write_rows(folder: Path, items: int) -> list[str]:
    """Rows of all loads; returns texts to train a tokenizer on."""
    rng = Random(0)
    words = ["".join(rng.choice("abcdefghijklmnoprstuvw") for _ in range(rng.randint(2, 8))) for _ in range(600)]
    texts = []
    for split, count in (("dev", 8), ("test", items)):
        rows = []
        for n in range(count):
            rows.append(
                {
                    "question": draw_words(rng, words, 40, 90) + "?",
                    "short": draw_words(rng, words, 6, 14) + "?",
                    "choices": [f"{draw_words(rng, words, 3, 9)} {n}{place}" for place in range(4)],
                    "answer": rng.randrange(4),
                    "label": rng.randrange(len(LABELS)),
                    "solution": f"{draw_words(rng, words, 40, 80)}. The answer is {rng.randrange(99)}.",
                }
            )
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        texts += [" ".join(map(str, row.values())) for row in rows]
    return [*texts, *([" ".join(words)] * 4)]


def write_pages(folder: Path) -> None:
    base: dict[str, Any] = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"dev": "dev.jsonl", "test": "test.jsonl"}},
        "test_split": "test",
        "fewshot_split": "dev",
        "fewshot_config": {"sampler": "first_n"},
        "output_type": "multiple_choice",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    }
    listed = "{{question}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:"
    letters: dict[str, Any] = {"doc_to_text": listed, "doc_to_choice": ["A", "B", "C", "D"], "doc_to_target": "answer"}
    texts: dict[str, Any] = {
        "doc_to_text": "{{question}}\nAnswer:",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
    }
    labels: dict[str, Any] = {
        "doc_to_text": "Question: {{short}}\nType:",
        "doc_to_choice": LABELS,
        "doc_to_target": "label",
    }
    chain: dict[str, Any] = {
        "output_type": "generate_until",
        "doc_to_text": "Q: {{question}}\nA:",
        "doc_to_target": "solution",
        "generation_kwargs": {"until": ["Q:"], "do_sample": False, "max_gen_toks": 64},
        "metric_list": [{"metric": "exact_match"}],
    }
    loads = {
        "mmlu_letters": {**letters, "num_fewshot": 5},
        "mmlu_texts": {**texts, "num_fewshot": 5},
        "mmlu_texts_0": texts,
        "trec": {**labels, "num_fewshot": 8},
        "gsm8k": {**chain, "num_fewshot": 8},
    }
    for name, keys in loads.items():
        (folder / f"{name}.yaml").write_text(json.dumps({**base, "task": name, **keys}), encoding="utf-8")


def write_model(folder: Path, texts: list[str], width: int) -> Path:
    tokenizer = train_byte_bpe(texts, vocab_size=2048, pattern=PATTERN)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=6,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=4096, initializer_range=0.06,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    save_model(LlamaForCausalLM(config), tokenizer, folder / "model", form="documents")
    return folder / "model"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lm-eval-python", required=True, help="a Python that has lm_eval==0.4.13")
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--batch-sizes", default="1,8,32", help="those that lm-eval tries")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--loads", nargs="+", default=list(WANTED), choices=list(WANTED))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = write_rows(folder, args.items)
        write_pages(folder)
        model = write_model(folder, texts, args.width)
        as_float32 = InferenceConfig(dtype="float32")
        run_suite(open_suite(folder / f"{args.loads[0]}.yaml"), model, folder / "warm", limit=1, inference=as_float32)
        for load in args.loads:
            theirs_file = folder / "theirs.json"
            command = [args.lm_eval_python, SCRIPT, folder, model, theirs_file, args.batch_sizes, load]
            subprocess.run(command, check=True, capture_output=True)
            theirs = json.loads(theirs_file.read_text(encoding="utf-8"))[load]
            begun = time.perf_counter()
            run_suite(open_suite(folder / f"{load}.yaml"), model, folder / load, inference=as_float32)
            ours = time.perf_counter() - begun
            apart = compare(load, read_samples(folder / load, load), theirs["samples"])
            size, seconds = min(theirs["seconds"].items(), key=lambda pair: pair[1])
            print(
                f"{load:13} ours {args.items / ours:7.1f} items/s, lm-eval {args.items / seconds:7.1f} at batch {size}:"
                f" {seconds / ours:5.1f}x (wanted {WANTED[load]}x), log p apart by {apart:.1e}",
                flush=True,
            )
            if apart > 1e-4:
                raise SystemExit(f"{load}: log-likelihoods differ by {apart:.1e}")


if __name__ == "__main__":
    main()
