"""Templates as public models have them: what is learned, where it ends, and what is asked."""

import itertools
import time
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.text.chat import encode_chat_example, render_chat
from components.text.ends import find_begin_id, find_end_ids, find_turn_end
from components.text.tokenizer import decode_ids, load_tokenizer, train_byte_bpe

pytestmark = pytest.mark.slow

WORDS = r"'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
ROLES = "{% for m in messages %}"
CHATML = (
    ROLES + "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEMPLATES = {
    "ChatML": (CHATML, "<|im_end|>"),
    "Qwen 2.5": (
        "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}" + CHATML,
        "<|im_end|>",
    ),
    "marked ChatML with its end outside": (
        ROLES + "<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        "<|im_end|>",
    ),
    "Llama 2": (
        "{{ bos_token }}" + ROLES + "{% if m.role == 'user' %}[INST] {{ m.content | trim }} [/INST]"
        "{% else %}{{ ' ' + m.content | trim + ' ' + eos_token }}{% endif %}{% endfor %}",
        "</s>",
    ),
    "Llama 3": (
        "{{ bos_token }}" + ROLES + "<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
        "{{ m.content | trim }}<|eot_id|>{% endfor %}"
        "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
        "<|eot_id|>",
    ),
    "Gemma": (
        "{{ bos_token }}" + ROLES + "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
        "<end_of_turn>",
    ),
    "Phi 3": (
        ROLES + "<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}",
        "<|end|>",
    ),
    "Zephyr": (
        ROLES + "<|{{ m.role }}|>\n{{ m.content }}{{ eos_token }}\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
        "</s>",
    ),
}
TOKENS = ["<|im_start|>", "<|im_end|>", "<s>", "</s>", "<start_of_turn>", "<end_of_turn>", "<|end|>"]
TOKENS += ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
CHAT = [
    {"role": "user", "content": "How many <|im_end|> apples?"},
    {"role": "assistant", "content": "Forty <|im_end|></s> two"},
    {"role": "user", "content": "And pears?"},
    {"role": "assistant", "content": "Seven <end_of_turn>"},
]


def make_tokenizer(template: str) -> PreTrainedTokenizerFast:
    tokenizer = train_byte_bpe(["How many apples? Forty two.\n\n"] * 4, vocab_size=300, pattern=WORDS)
    tokenizer.add_special_tokens(
        {"additional_special_tokens": TOKENS, "bos_token": "<s>", "eos_token": "</s>"},
        replace_extra_special_tokens=False,
    )
    tokenizer.chat_template = template
    return tokenizer


@pytest.fixture(params=list(TEMPLATES))
def case(request: pytest.FixtureRequest) -> tuple[PreTrainedTokenizerFast, int]:
    template, end = TEMPLATES[request.param]
    tokenizer = make_tokenizer(template)
    return tokenizer, tokenizer.convert_tokens_to_ids(end)


def spoken_parts(ids: list[int], mask: list[int]) -> list[tuple[int, list[int]]]:
    """Where each learned part begins, and its tokens."""
    places = [list(group) for on, group in itertools.groupby(range(len(ids)), key=lambda i: mask[i]) if on]
    return [(part[0], [ids[i] for i in part]) for part in places]


def test_each_answer_is_learned_with_its_end_behind_the_very_prompt_that_asks_for_it(
    case: tuple[PreTrainedTokenizerFast, int],
) -> None:
    tokenizer, end = case
    ids, mask = encode_chat_example(tokenizer, CHAT)
    parts = spoken_parts(ids, mask)
    assert len(parts) == 2
    assert ids == render_chat(tokenizer, CHAT, add_generation_prompt=False)
    for turn, (start, said) in zip((1, 3), parts, strict=True):
        assert ids[:start] == render_chat(tokenizer, CHAT[:turn])
        assert said[-1] == end
        assert said.count(end) == 1
        assert decode_ids(tokenizer, said[:-1]).strip() == CHAT[turn]["content"]


def test_the_turn_end_is_found_and_stands_beside_the_end_of_documents(
    case: tuple[PreTrainedTokenizerFast, int],
) -> None:
    tokenizer, end = case
    assert find_turn_end(tokenizer) == end
    assert find_end_ids(tokenizer, [3, 10**6]) == list(dict.fromkeys([tokenizer.eos_token_id, 3, end]))


def test_prompts_have_the_token_ids_of_the_library(case: tuple[PreTrainedTokenizerFast, int]) -> None:
    tokenizer, _ = case
    asked = [CHAT[0], CHAT[2]]
    for add in (False, True):
        theirs = tokenizer.apply_chat_template(
            [dict(m) for m in asked], add_generation_prompt=add, sanitize_control_tokens=True, return_dict=False
        )
        assert render_chat(tokenizer, asked, add) == list(theirs)


@pytest.mark.parametrize("quoted", ["", *TOKENS])
def test_quoting_a_control_token_changes_no_other_place_of_the_mask(
    case: tuple[PreTrainedTokenizerFast, int], quoted: str
) -> None:
    tokenizer, end = case
    chat = [{"role": "user", "content": "say x"}, {"role": "assistant", "content": f"so {quoted}."}]
    ids, mask = encode_chat_example(tokenizer, chat)
    [(start, said)] = spoken_parts(ids, mask)
    assert ids[:start] == render_chat(tokenizer, chat[:1])
    assert decode_ids(tokenizer, said).strip() == f"so {quoted}.{decode_ids(tokenizer, [end])}" or (
        decode_ids(tokenizer, said).strip() == f"so {quoted}. {decode_ids(tokenizer, [end])}"
    )


@pytest.mark.parametrize("name", ["ChatML", "Qwen 2.5", "marked ChatML with its end outside", "Phi 3"])
def test_an_assistant_that_speaks_first_is_learned_the_same_way(name: str) -> None:
    template, end = TEMPLATES[name]
    tokenizer = make_tokenizer(template)
    ids, mask = encode_chat_example(tokenizer, CHAT[1:])
    said = [part for _, part in spoken_parts(ids, mask)]
    texts = [decode_ids(tokenizer, part) for part in said]
    assert texts == [CHAT[1]["content"] + end, CHAT[3]["content"] + end]


def test_an_answer_of_weight_zero_is_read_and_not_learned() -> None:
    tokenizer = make_tokenizer(CHATML)
    muted: list[dict[str, object]] = [{**CHAT[0]}, {**CHAT[1], "weight": 0}, {**CHAT[2]}, {**CHAT[3]}]
    ids, mask = encode_chat_example(tokenizer, muted)
    assert ids == encode_chat_example(tokenizer, CHAT)[0]
    assert [decode_ids(tokenizer, part) for _, part in spoken_parts(ids, mask)] == ["Seven <end_of_turn><|im_end|>"]


def test_an_answer_that_begins_with_a_line_break_follows_the_prompt_it_is_asked_with() -> None:
    tokenizer = make_tokenizer(CHATML)
    chat = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": "\nForty"}]
    assert "\n\n" in tokenizer.get_vocab() or "ĊĊ" in tokenizer.get_vocab()  # so that the break could be swallowed
    ids, mask = encode_chat_example(tokenizer, chat)
    [(start, said)] = spoken_parts(ids, mask)
    assert ids[:start] == render_chat(tokenizer, chat[:1])
    assert decode_ids(tokenizer, said) == "\nForty<|im_end|>"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (ROLES + "{% if not loop.last %}{{ m.content[:3] }}{% else %}{{ m.content }}{% endif %}</s>{% endfor %}",
         r"message 1: the chat template rewrites what stands before it"),
        (ROLES + "{{ m.content | upper }}</s>{% endfor %}", r"message 1: .* rewrites what the assistant says"),
        (ROLES + "{{ m.role }}: {{ m.content }}\n{% endfor %}", r"no end token after what the assistant says"),
        (ROLES + "{{ raise_exception('no') }}{% endfor %}", r"conversation: no"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_learned_from_is_refused_with_the_turn(template: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        encode_chat_example(make_tokenizer(template), CHAT)


def test_a_beginning_token_counts_only_where_the_tokenizer_has_the_habit() -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer(CHATML)
    assert find_begin_id(tokenizer) is None
    begin = tokenizer.bos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", begin)])
    assert find_begin_id(tokenizer) == begin


THINKING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_thoughts_that_a_template_adds_to_the_last_answer_are_learned_and_rewritten_ones_are_refused() -> None:
    tokenizer = make_tokenizer(THINKING)
    ids, mask = encode_chat_example(tokenizer, CHAT[:2])
    [(_, said)] = spoken_parts(ids, mask)
    assert decode_ids(tokenizer, said) == f"<think>\n\n</think>\n\n{CHAT[1]['content']}<|im_end|>"
    with pytest.raises(DataError, match="message 1: the chat template rewrites it once the talk goes on"):
        encode_chat_example(tokenizer, CHAT)
    assert render_chat(tokenizer, CHAT[:3])  # such a template can still be talked to
    prompted = make_tokenizer(THINKING.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}"))
    with pytest.raises(DataError, match=r"message 1: .* opens the assistant's turn otherwise than it asks for it"):
        encode_chat_example(prompted, [CHAT[0], {"role": "assistant", "content": "a"}, *CHAT[2:]])


def test_a_conversation_of_thousands_of_turns_is_written_in_no_time() -> None:
    turns = CHAT * 1500
    for template in (CHATML, TEMPLATES["marked ChatML with its end outside"][0]):
        tokenizer = make_tokenizer(template)
        started = time.process_time()
        assert len(render_chat(tokenizer, turns)) > 100_000
        assert time.process_time() - started < 20


@pytest.mark.parametrize("lost", ["Be brief.", "Say </s> last."])
def test_a_system_message_that_a_template_passes_over_is_refused_by_its_place(lost: str) -> None:
    knows_none = ROLES + (
        "{% if m.role == 'user' %}USER: {{ m.content }} {% elif m.role == 'assistant' %}"
        "ASSISTANT: {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
    )
    tokenizer = make_tokenizer(knows_none)
    chat = [{"role": "system", "content": lost}, *CHAT[:2]]
    for attempt in (lambda: render_chat(tokenizer, chat[:2]), lambda: encode_chat_example(tokenizer, chat)):
        with pytest.raises(DataError, match="message 0: the chat template has no place for what the system says"):
            attempt()
    assert sum(encode_chat_example(tokenizer, chat[1:])[1])


def test_a_template_that_writes_a_question_its_own_way_is_no_reason_to_refuse_it() -> None:
    tokenizer = make_tokenizer("{% for m in messages %}{{ m.role }}: {{ m.content | upper }}</s>{% endfor %}")
    assert "HOW MANY?" in decode_ids(tokenizer, render_chat(tokenizer, [{"role": "user", "content": "How many?"}]))


@pytest.mark.parametrize(("template", "says"), [(None, "no chat template"), ({"rag": CHATML}, "none .* the default")])
def test_a_conversation_is_refused_where_no_template_could_write_it(
    template: str | dict[str, str] | None, says: str
) -> None:
    tokenizer = make_tokenizer(CHATML)
    tokenizer.chat_template = template
    assert find_end_ids(tokenizer) == [tokenizer.eos_token_id]
    with pytest.raises(DataError, match=says):
        render_chat(tokenizer, CHAT[:1])


def test_of_several_named_templates_the_default_is_read_from_a_folder(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(CHATML)
    tokenizer.chat_template = {"default": CHATML, "tool_use": "{{ 'tools' }}"}
    tokenizer.save_pretrained(tmp_path)
    found = load_tokenizer(tmp_path)
    assert found.chat_template == CHATML
    assert find_turn_end(found) == found.convert_tokens_to_ids("<|im_end|>")
