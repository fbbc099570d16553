"""Model folders that do not hold what they say."""

import json
from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.model.capabilities import PromptForm, read_prompt_form
from components.runtime.folder import load_folder, save_model
from tests.tiny import make_model, make_tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = make_tokenizer()
    save_model(make_model(tokenizer), tokenizer, tmp_path)
    return tmp_path


def test_weights_that_are_not_there_are_not_drawn_at_random(folder: Path) -> None:
    load_folder(folder)
    described = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**described, "num_hidden_layers": 3}))
    with pytest.raises(ArtifactError, match=r"its weights lack 9 that .*, model\.layers\.2\.input_layernorm\.weight"):
        load_folder(folder)


def test_a_folder_says_whether_its_model_is_asked_in_turns_or_continues_documents(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    forms: tuple[PromptForm, ...] = ("documents", "chat")
    for form in forms:
        save_model(model, tokenizer, tmp_path, form=form)
        model = load_folder(tmp_path)[0]
        assert read_prompt_form(model.config) == form


def test_a_config_that_is_no_object_is_refused_by_its_path(folder: Path) -> None:
    (folder / "config.json").write_text("[]")
    with pytest.raises(ArtifactError, match=r"config\.json: not a JSON object"):
        load_folder(folder)
