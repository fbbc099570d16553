"""A model in a GGUF file becomes a folder that every stage reads."""

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from components.base.errors import ArtifactError
from components.runtime.folder import load_folder
from components.runtime.gguf import convert_gguf, find_gguf
from components.text.chat import render_chat

WIDTH, INNER, HEADS, VOCABULARY = 32, 64, 2, 261
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"


def write_gguf(path: Path) -> dict[str, np.ndarray]:
    """A Llama of one layer with a byte-level vocabulary; its weights under llama.cpp's names."""
    rng = np.random.default_rng(0)
    shapes = {
        "token_embd": (VOCABULARY, WIDTH),
        "blk.0.attn_norm": (WIDTH,),
        "blk.0.attn_q": (WIDTH, WIDTH),
        "blk.0.attn_k": (WIDTH, WIDTH),
        "blk.0.attn_v": (WIDTH, WIDTH),
        "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_norm": (WIDTH,),
        "blk.0.ffn_gate": (INNER, WIDTH),
        "blk.0.ffn_up": (INNER, WIDTH),
        "blk.0.ffn_down": (WIDTH, INNER),
        "output_norm": (WIDTH,),
    }
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    bytes_ = [chr(i) if 33 <= i < 127 else chr(256 + i) for i in range(256)]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([*bytes_, "<|endoftext|>", "<|im_start|>", "<|im_end|>", "ab", "<unk>"])
    writer.add_token_types([1] * 256 + [3, 3, 3, 1, 3])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(257)
    writer.add_eos_token_id(258)
    writer.add_unk_token_id(256)
    writer.add_pad_token_id(258)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in tensors.items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def test_its_weights_tokenizer_and_template_are_those_of_the_file(tmp_path: Path) -> None:
    tensors = write_gguf(tmp_path / "model.gguf")
    convert_gguf(find_gguf(str(tmp_path / "model.gguf")), tmp_path / "model")
    model, tokenizer = load_folder(tmp_path / "model", "own")
    assert model.dtype == torch.bfloat16
    found = model.get_input_embeddings().weight
    assert torch.equal(found, torch.from_numpy(tensors["token_embd"]).to(torch.bfloat16))
    ids = render_chat(tokenizer, [{"role": "user", "content": "ab"}], add_generation_prompt=False)
    assert (ids[0], ids[-2], 259 in ids) == (257, 258, True)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("source", ["no/such/model.gguf", "no_such_package", "json"])
def test_what_holds_no_model_is_refused_by_name(source: str) -> None:
    with pytest.raises(ArtifactError, match=f"^{source}: "):
        find_gguf(source)


def test_a_damaged_file_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path, folder = tmp_path / "model.gguf", tmp_path / "model"
    write_gguf(path)
    convert_gguf(path, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ArtifactError, match=r"model\.gguf: the model cannot be read"):
        convert_gguf(path, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
