"""An lm-eval page among the run's tasks: its words are asked, its rows are kept out of what is learned."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import ParamsError
from components.tasks.config import HarnessTaskConfig, SharedConfig
from components.tasks.contamination import build_contamination_index
from components.tasks.harness.task import open_task
from components.tasks.prompt import Prompter
from components.tasks.reading import TextReading
from components.tasks.run_tasks import open_task as open_run_task
from components.tasks.score import is_correct
from components.text.tokenizer import decode_ids
from tests.tiny import make_tokenizer
from tests.unit.evaluate.harness import pages


def write_page(folder: Path, name: str, **keys: Any) -> SharedConfig:
    pages.write_rows(folder)
    (folder / "page.yaml").write_text(json.dumps({**pages.list_pages()[name], **keys}), encoding="utf-8")
    mine = HarnessTaskConfig(kind="harness", path=str(folder / "page.yaml"))
    return SharedConfig(seed=5, tasks={"mine": mine})


def test_a_page_s_items_are_asked_in_its_own_words_with_its_demonstrations(tmp_path: Path) -> None:
    shared = write_page(tmp_path, "mc_prefix")
    task = open_run_task(shared, "mine").make_task(5, exemplar_pool=9, shots=3)
    contexts = {question.arguments[0][0]: question.target for question in open_task(tmp_path / "page.yaml").ask()}
    tokenizer = make_tokenizer()
    prompter = Prompter(tokenizer, "documents", 900)
    assert len(task.items) == 5
    for item in task.items:
        prompt = prompter.write(item, cot=False, shown=True)
        assert prompt is not None and decode_ids(tokenizer, prompt.ids) in contexts
        assert item.form.by_likelihood and item.gold == item.judge.options[int(str(contexts[item.question]))]


def test_every_row_is_for_testing_and_looked_for_in_texts_to_learn_from(tmp_path: Path) -> None:
    passage = "{{passage|trim}} and nothing else was heard on that long and windy day"
    shared = write_page(tmp_path, "mc_prefix", doc_to_text=passage)
    source = open_run_task(shared, "mine")
    assert (source.count_items("test"), source.count_items("train")) == (7, 0)
    assert "answer" not in source.draw_items("test", 1)[0].question
    assert build_contamination_index(shared).items == 7


def test_an_answer_is_read_as_the_page_reads_it(tmp_path: Path) -> None:
    shared = write_page(
        tmp_path,
        "gen_cot_5",
        metric_list=[{"metric": "exact_match", "ignore_case": True, "regexes_to_ignore": [",", "(?s).*#### "]}],
        filter_list=[
            {
                "name": "x",
                "filter": [{"function": "regex", "regex_pattern": "#### ([0-9,]+)"}, {"function": "take_first"}],
            }
        ],
    )
    item = open_run_task(shared, "mine").make_task(7, exemplar_pool=1, shots=1).items[3]
    assert item.gold == "6"
    assert is_correct(" 3 and 3 make #### 6\n\nQuestion: #### 7", item.gold, item.judge)
    assert not is_correct(" it is 6", item.gold, item.judge)
    assert not is_correct("Question: #### 6", item.gold, item.judge)


def test_of_several_groups_the_first_that_holds_something_counts() -> None:
    reading = TextReading(pattern="(a)|(b)", group_select=-1)
    assert (reading.read("a b"), reading.read("c")) == ("b", None)


def test_a_page_that_a_run_cannot_ask_is_refused(tmp_path: Path) -> None:
    shared = write_page(tmp_path, "roll")
    with pytest.raises(ParamsError, match="output_type: in a run a page asks by multiple_choice"):
        open_run_task(shared, "mine").count_items("test")
