"""A retriever of demonstrations that is trained by the model's own verdicts (EPR)."""

from components.base.rng import derive_seed
from components.prompting.selection.learned_config import EprSelection
from components.prompting.selection.pool import Choose, ExemplarPool
from components.prompting.selection.verdicts import weigh_answers
from components.retrieval.choices import choose_nearest
from components.retrieval.contrast import Training, label_texts, recall_texts, train_retriever


def choose_by_trained_retriever(pool: ExemplarPool, cfg: EprSelection) -> Choose:
    """Those whose encoded question has the largest inner product with the item's (Rubin et al. 2022).

    The pool's questions, or some of them, learn from all others.
    """
    asked = pool.draw(min(cfg.questions, len(pool.questions)), "epr")
    questions = [pool.questions[place] for place in asked]
    recalled = recall_texts(pool.questions, questions, cfg.recalled)
    labels = label_texts(
        recalled,
        lambda pairs: weigh_answers(pool, [((text,), asked[question]) for text, question in pairs], cot=cfg.cot),
        cfg.kept,
    )
    seed = derive_seed(pool.seed, "selection", "epr") % (1 << 32)
    training = Training(cfg.width, cfg.steps, cfg.batch_size, cfg.learning_rate, seed)
    retriever = train_retriever(pool.questions, questions, labels, training)
    return lambda item, count: choose_nearest(retriever.score(item.question), count).tolist()
