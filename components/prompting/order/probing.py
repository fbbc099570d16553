"""Questions that a model makes up behind demonstrations, as it was shown some (Lu et al. 2021, arXiv 2104.08786)."""

from components.base.rng import derive_seed
from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.order.arranging import Arranging
from components.prompting.order.config import EntropyOrder
from components.tasks.templates import render
from components.text.tokenizer import encode_document_prompt

PLACE = "\ue000"
"""Where a document's question stands."""


def make_up_questions(cfg: EntropyOrder, arranging: Arranging, orders: list[tuple[int, ...]]) -> Steps[list[str]]:
    """As many as the config says, behind one order after another; what the model gives as answers is thrown away."""
    before, _, behind = render(arranging.item.form.base.document, {"question": PLACE}, "icl").partition(PLACE)
    stop = (behind.rstrip() or "\n",)
    asks = []
    for probe in range(cfg.probes):
        ids = write_documents(arranging, orders[probe % len(orders)], before.rstrip(" "))
        seed = derive_seed(arranging.seed, "probe", probe)
        asks.append(Say(ids, SamplingParams(cfg.max_new_tokens, cfg.temperature, seed=seed), stop))
    said = yield asks
    return [reply.text.strip() for reply in said]


def write_documents(arranging: Arranging, order: tuple[int, ...], begun: str) -> tuple[int, ...]:
    """Solved questions as documents, and the beginning of one more; of a text that is too long the end."""
    tokenizer, form = arranging.prompter.tokenizer, arranging.item.form
    ids: list[int] = []
    for place in order:
        exemplar = arranging.exemplars[place]
        text = f"{render(form.base.document, {'question': exemplar.question}, form.task)} {exemplar.answer_only}"
        ids += [*encode_document_prompt(tokenizer, text), tokenizer.eos_token_id]
    ids += encode_document_prompt(tokenizer, begun)
    return tuple(ids[-arranging.prompter.room :])
