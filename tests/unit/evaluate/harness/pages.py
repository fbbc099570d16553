"""Task pages of all shapes over small local rows: what lm-eval and this project must ask alike.

Only the standard library is imported: lm-eval's own environment reads this file, too.
"""

import csv
import io
import json
from itertools import product
from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}\n"
    "{{ message['content'] + eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
STRICT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ raise_exception('no system turns') }}"
    "{% endif %}[{{ message['role'] }}] {{ message['content'] | trim }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)
COLOURS = ("red", "green", "blue", "yellow")
Page = dict[str, Any]


def _make_rows(start: int, count: int) -> list[dict[str, Any]]:
    rows = []
    for n in range(start, start + count):
        rows.append(
            {
                "question": f"What is {n} + {n % 7}?",
                "choices": [str(n + n % 7 + shift) for shift in range(4)],
                "answer": n % 4,
                "letter": "ABCD"[n % 4],
                "solution": f"{n} and {n % 7} make {n + n % 7}. #### {n + n % 7}",
                "passage": f"  A tale of {n} {COLOURS[n % 4]} birds,\nwho “sang” at dawn. "
                + ("They flew on. " * (n % 3)),
                "label": n % 2,
                "names": [f"answer {n}", f"Answer {n}!"],
                "note": None if n % 3 else f"note {n}",
                "option1": f"bird {n}",
                "option2": f"stone {n}",
                "prefix": f"So {n}:",
            }
        )
    return rows


ROWS = {"train": _make_rows(100, 12), "validation": _make_rows(40, 6), "test": _make_rows(0, 7)}


def _files(ending: str) -> dict[str, str]:
    return {split: f"rows_{split}.{ending}" for split in ROWS}


def _base(**keys: Any) -> Page:
    return {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": _files("jsonl")},
        "test_split": "test",
        "validation_split": "validation",
        "training_split": "train",
        **keys,
    }


LETTERS = {"doc_to_choice": ["A", "B", "C", "D"], "doc_to_target": "letter"}
MMLU = "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:"


def _list_multiple_choice() -> dict[str, Page]:
    base = _base(output_type="multiple_choice", fewshot_split="train")
    texts = {**base, "doc_to_text": "question", "doc_to_choice": "choices", "doc_to_target": "answer"}
    pages = {
        "mc_letters_0": {**base, **LETTERS, "doc_to_text": MMLU},
        "mc_letters_5": {**base, **LETTERS, "doc_to_text": MMLU, "num_fewshot": 5},
        "mc_letters_index": {**base, **LETTERS, "doc_to_text": MMLU, "doc_to_target": "answer", "num_fewshot": 2},
        "mc_first_n": {
            **base,
            **LETTERS,
            "doc_to_text": MMLU,
            "num_fewshot": 3,
            "fewshot_config": {"sampler": "first_n"},
        },
        "mc_description": {**texts, "description": "Add the numbers of {{letter}}.\n\n", "num_fewshot": 1},
        "mc_description_column": {**texts, "description": "solution"},
        "mc_template_target": {**texts, "doc_to_target": "{{answer}}", "num_fewshot": 2},
        "mc_target_text": {**texts, "doc_to_target": "{{choices[answer]}}", "doc_to_choice": "{{choices}}"},
        "mc_choice_template": {**texts, "doc_to_choice": "{{[choices[0], choices[1], 'none']}}", "doc_to_target": 0},
        "mc_choice_dict": {
            **texts,
            "doc_to_choice": {"a": "yes", "b": "no"},
            "doc_to_target": "label",
            "num_fewshot": 2,
        },
        "mc_int_target": {**texts, "doc_to_target": 2, "num_fewshot": 1},
        "mc_list_target": {**texts, "doc_to_target": "{{[answer, (answer + 1) % 4]}}"},
        "mc_mutual": {**texts, "metric_list": [{"metric": "acc"}, {"metric": "acc_mutual_info"}], "num_fewshot": 1},
        "mc_prefix": {**texts, "gen_prefix": "The answer is", "num_fewshot": 2},
        "mc_prefix_space": {**texts, "gen_prefix": "It is: ", "num_fewshot": 1},
        "mc_prefix_column": {**texts, "gen_prefix": "prefix", "num_fewshot": 1},
        "mc_prefix_template": {**texts, "gen_prefix": "{{letter}}:", "num_fewshot": 0},
        "mc_same_split": {**texts, "fewshot_split": "test", "num_fewshot": 4},
        "mc_same_split_first": {
            **texts,
            "fewshot_split": "test",
            "num_fewshot": 4,
            "fewshot_config": {"sampler": "first_n"},
        },
    }
    for place, (target, shots, few) in enumerate(product((" ", "\n", "", " -> "), (0, 2), ("\n\n", "\n", " || "))):
        if shots or few == "\n\n":
            keys = {"target_delimiter": target, "num_fewshot": shots, "fewshot_delimiter": few}
            pages[f"mc_delimiters_{place}"] = {**texts, **keys}
    return pages


def _list_odd_choices() -> dict[str, Page]:
    """Options that fill the question in, demonstrations of the page's own, and others in other words."""
    base = _base(output_type="multiple_choice", fewshot_split="train")
    texts = {**base, "doc_to_text": "question", "doc_to_choice": "choices", "doc_to_target": "answer"}
    return {
        "mc_contexts": {
            **base,
            "doc_to_text": "label",
            "doc_to_choice": "{{['The ' + option1 + ' sings', 'The ' + option2 + ' sings']}}",
            "doc_to_target": "at dawn.",
            "num_fewshot": 0,
        },
        "mc_contexts_shots": {
            **base,
            "doc_to_text": "{{label}}",
            "doc_to_choice": "{{['The ' + option1, 'The ' + option2]}}",
            "doc_to_target": "sings at {{letter}}",
            "num_fewshot": 2,
            "gen_prefix": "Hence",
        },
        "mc_samples": {
            **base,
            **LETTERS,
            "fewshot_split": None,
            "doc_to_text": MMLU,
            "num_fewshot": 2,
            "fewshot_config": {"sampler": "first_n", "samples": ROWS["train"][5:9]},
        },
        "mc_fewshot_words": {
            **texts,
            "num_fewshot": 2,
            "fewshot_config": {
                "doc_to_text": "Q: {{question}}",
                "doc_to_target": "{{letter}}",
                "doc_to_choice": ["A", "B", "C", "D"],
                "target_delimiter": " => ",
                "fewshot_delimiter": "\n##\n",
            },
        },
    }


def _list_others() -> dict[str, Page]:
    gsm = _base(doc_to_text="Question: {{question}}\nAnswer:", doc_to_target="solution", fewshot_split="train")
    until = {"until": ["Question:", "</s>"], "do_sample": False, "temperature": 0}
    last = _base(output_type="loglikelihood", doc_to_text="{{passage.split(' ')[:-1]|join(' ')}}")
    last["doc_to_target"] = "{{' ' + passage.strip().split(' ')[-1]}}"
    rolling = _base(output_type="loglikelihood_rolling", doc_to_text="", doc_to_target="passage")
    return {
        "gen_default": {**gsm, "num_fewshot": 0},
        "gen_cot_5": {**gsm, "num_fewshot": 5, "generation_kwargs": until},
        "gen_until_text": {**gsm, "num_fewshot": 1, "generation_kwargs": {"until": "\n", "max_gen_toks": 32}},
        "gen_no_until": {
            **gsm,
            "generation_kwargs": {"temperature": 0.7, "do_sample": True},
            "fewshot_delimiter": "\n",
        },
        "gen_validation_only": {
            **{key: value for key, value in gsm.items() if key not in ("test_split", "fewshot_split")},
            "num_fewshot": 3,
        },
        "gen_no_split_named": {**gsm, "fewshot_split": None, "num_fewshot": 2},
        "gen_prefix": {**gsm, "gen_prefix": "Let us think.", "num_fewshot": 2},
        "gen_list": {**gsm, "doc_to_target": "names", "num_fewshot": 2},
        "gen_list_template": {**gsm, "doc_to_target": "{{names}}"},
        "gen_choices": {**gsm, "doc_to_choice": "choices", "doc_to_target": "answer", "num_fewshot": 1},
        "gen_null": {**gsm, "doc_to_text": "{{question}} {{note}}"},
        "gen_regex": {**gsm, "doc_to_text": "{{question|regex_replace('[0-9]+', '#')}}", "doc_to_target": "{{answer}}"},
        "gen_blocks": {
            **gsm,
            "doc_to_text": "{% set n = choices|length %}{% for c in choices %}{{loop.index}}/{{n}}. {{c}}\n"
            "{% endfor %}",
            "doc_to_target": "{% if label == 1 %}yes{% else %}no{% endif %}\n",
            "num_fewshot": 2,
        },
        "ll_last_word": last,
        "ll_shots": {**last, "num_fewshot": 2, "description": "Go on.\n", "target_delimiter": ""},
        "roll": rolling,
        "roll_column": {**rolling, "doc_to_target": "{{passage|trim}}"},
        "from_include": {"include": "shared.yaml", "num_fewshot": 1, "description": "Words of its own. "},
    }


def _list_files() -> dict[str, Page]:
    """Rows in other forms."""
    gsm = _base(doc_to_text="Question: {{question}}\nAnswer:", doc_to_target="solution", fewshot_split="train")
    return {
        "gen_csv": {
            **gsm,
            "dataset_path": "csv",
            "dataset_kwargs": {"data_files": _files("csv")},
            "doc_to_text": "{{question}} {{answer}} {{label}} {{note}}",
            "num_fewshot": 2,
        },
        "gen_array": {**gsm, "dataset_kwargs": {"data_files": _files("json")}, "num_fewshot": 1},
        "gen_parquet": {
            **gsm,
            "dataset_path": "parquet",
            "dataset_kwargs": {"data_files": {**_files("parquet"), "test": ["rows_test.parquet"]}},
            "num_fewshot": 2,
        },
        "gen_one_file": {
            **gsm,
            "dataset_kwargs": {"data_files": "rows_test.jsonl"},
            "test_split": "train",
            "training_split": None,
            "validation_split": None,
            "fewshot_split": "train",
            "num_fewshot": 2,
        },
    }


INCLUDED = """\
dataset_path: json
dataset_kwargs:
  data_files: {train: rows_train.jsonl, validation: rows_validation.jsonl, test: rows_test.jsonl}
test_split: test
fewshot_split: train
output_type: multiple_choice
num_fewshot: 4
doc_to_text: |
  {{question}}
  Colour or number?
doc_to_choice: ["yes", 'no', "on"]
doc_to_target: label
description: >
  Said once,
  in two lines.
metadata: {version: 1.0, fast: yes}
"""
CHATS: dict[str, dict[str, Any]] = {
    "mc_letters_5": {"fewshot_as_multiturn": True},
    "mc_description": {"fewshot_as_multiturn": False},
    "mc_prefix": {"fewshot_as_multiturn": True},
    "mc_prefix_space": {"fewshot_as_multiturn": False},
    "mc_contexts_shots": {"fewshot_as_multiturn": True},
    "gen_cot_5": {"fewshot_as_multiturn": False, "system_instruction": "You are terse."},
    "gen_prefix": {"fewshot_as_multiturn": True, "system_instruction": "You are terse."},
    "ll_shots": {"fewshot_as_multiturn": True, "strict": True},
}
"""Pages that are asked as conversations, too, and how."""


def list_pages() -> dict[str, Page]:
    """Every page by its name, each with the name written in."""
    pages = {**_list_multiple_choice(), **_list_odd_choices(), **_list_others(), **_list_files()}
    return {name: {"task": name, **page} for name, page in pages.items()}


def write_rows(folder: Path) -> None:
    """The rows in every form but Parquet, and the page that others include."""
    for split, rows in ROWS.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"rows_{split}.jsonl").write_text(lines, encoding="utf-8")
        (folder / f"rows_{split}.json").write_text(json.dumps(rows), encoding="utf-8")
        table = io.StringIO()
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"rows_{split}.csv").write_text(table.getvalue(), encoding="utf-8")
    (folder / "shared.yaml").write_text(INCLUDED, encoding="utf-8")


def write_parquet(folder: Path) -> None:
    """The rows as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for split, rows in ROWS.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"rows_{split}.parquet")


def write_pages(folder: Path) -> dict[str, Path]:
    """Each page as a file of YAML; JSON is YAML, too."""
    found = {}
    for name, page in list_pages().items():
        found[name] = folder / f"{name}.yaml"
        found[name].write_text(json.dumps(page, indent=1), encoding="utf-8")
    return found
