"""Demonstrations in the model's own words: chains that it wrote itself, to the pool's questions."""

from dataclasses import replace

from components.base.rng import derive_seed
from components.prompting.selection.learned_config import AutoCotSelection, BootstrappedSelection
from components.prompting.selection.pool import Choose, ExemplarPool, count_steps
from components.prompting.selection.verdicts import is_right, pose, say_answers
from components.retrieval.clusters import cluster_vectors
from components.tasks.score import read_answer
from components.tasks.task import Exemplar
from components.text.tokenizer import encode_text


def write_chains(pool: ExemplarPool, max_new_tokens: int) -> list[Exemplar | None]:
    """Each question of the pool with a chain that the model writes unshown, and the answer that it comes to.

    None where it comes to none. Whether an answer is right plays no part.
    """
    said = say_answers(
        pool, [((), place) for place in range(len(pool.questions))], cot=True, max_new_tokens=max_new_tokens
    )
    return [_make_exemplar(pool, place, text.strip()) for place, text in enumerate(said)]


def _make_exemplar(pool: ExemplarPool, place: int, chain: str) -> Exemplar | None:
    """The answer alone is put in the words in which the solution has it."""
    item = pose(pool, ((), place))
    answer = read_answer(chain, item.judge)
    if answer is None:
        return None
    known = pool.exemplars[place].answer_only
    return replace(
        pool.exemplars[place], answer_only=known.replace(item.gold, answer) if item.gold in known else answer, cot=chain
    )


def remake_by_clusters(pool: ExemplarPool, cfg: AutoCotSelection) -> tuple[ExemplarPool, Choose]:
    """Auto-CoT (Zhang et al. 2022): of each group of questions the one nearest its centre that passes the filters.

    Where none of a group passes, the nearest question of any group that does takes its place, and at last any.
    """
    made = write_chains(pool, cfg.max_new_tokens)
    tokenizer = pool.model.prompter.tokenizer
    passes = [
        exemplar is not None
        and len(encode_text(tokenizer, exemplar.question)) <= cfg.max_question_tokens
        and count_steps(exemplar) <= cfg.max_steps
        for exemplar in made
    ]
    seed = derive_seed(pool.seed, "selection", "auto_cot")
    kept: dict[int, list[int]] = {}

    def choose(_: object, count: int) -> list[int]:
        if count and count not in kept:
            groups = cluster_vectors(pool.vectors_NW, count, seed)
            firsts = [next((place for place in groups.rank(group) if passes[place]), None) for group in range(count)]
            chosen = [place for place in firsts if place is not None]
            order = sorted(range(len(made)), key=lambda place: (not passes[place], groups.distance_N[place], place))
            chosen += [place for place in order if place not in chosen][: count - len(chosen)]
            kept[count] = chosen
        return kept.get(count, [])

    return pool.remake([own or old for own, old in zip(made, pool.exemplars, strict=True)]), choose


def remake_by_own_success(pool: ExemplarPool, cfg: BootstrappedSelection) -> tuple[ExemplarPool, Choose]:
    """What the model solved right by itself, in its own words (as BootstrapFewShot of DSPy, arXiv 2310.03714).

    Drawn once for all items; behind those that it solved stand the others, with the solutions that are known.
    """
    made = write_chains(pool, cfg.max_new_tokens)
    right = [one is not None and one.cot is not None and is_right(pool, at, one.cot) for at, one in enumerate(made)]
    drawn = pool.draw(len(made), "bootstrapped")
    order = sorted(drawn, key=lambda place: not right[place])
    own = [one if one and ok else old for one, ok, old in zip(made, right, pool.exemplars, strict=True)]
    return pool.remake(own), lambda _, count: order[:count]
