"""Near-duplicates: documents a second, beside datasketch with its own bands: `python tests/bench/bench_duplicates.py`.

Both sides take the same documents in turns, three times, on two processes for the signatures and one for the search.
datasketch is no dependency: where it is absent (`pip install datasketch==2.0.0`), only ours is timed.
"""

import random
import sys
import time
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.pool import Pool
from statistics import median

import numpy as np

from components.corpus.banding import choose_bands, sign
from components.corpus.config import MinHashConfig
from components.corpus.duplicates import Signed, find_twins
from components.text.shingles import cut_shingles

DOCUMENTS = 20_000
WORDS = 95
COPIES = 0.1
"""Share of the documents that are another one with a few words changed."""
THRESHOLD = 0.8
OURS = MinHashConfig(permutations=160, shingle_words=5, min_recall=0.95)
OLD_PERMUTATIONS = 64
ROUNDS = 3
WANTED = 5000
PROCESSES = 2


def make_documents() -> list[str]:
    """Texts of about 540 bytes over a vocabulary with a long tail, a tenth of them near-copies."""
    draw = random.Random(1)
    vocabulary = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(2, 9))) for _ in range(20_000)]
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    texts: list[list[str]] = []
    for _ in range(DOCUMENTS):
        if texts and draw.random() < COPIES:
            words = list(draw.choice(texts))
            words[draw.randrange(WORDS)] = "changed"
        else:
            words = draw.choices(vocabulary, weights, k=WORDS)
        texts.append(words)
    return [" ".join(words) for words in texts]


def sign_ours(texts: list[str]) -> list[bytes]:
    """What a worker of the stage does for each document."""
    bands = choose_bands(THRESHOLD, OURS)
    return [sign(cut_shingles(text, OURS.shingle_words), bands).tobytes() for text in texts]


def run_ours(texts: list[str], pool: Pool) -> int:
    """Signatures on the pool, then what the stage's driver does."""
    signed = [
        Signed(f"{i:06}", len(texts[i]), bands)
        for i, bands in enumerate(bands for part in pool.map(sign_ours, cut(texts)) for bands in part)
    ]
    found = find_twins(
        signed, THRESHOLD, lambda ids: {id_: cut_shingles(texts[int(id_)], OURS.shingle_words) for id_ in ids}
    )
    return len(found.survivors)


def sign_old(texts: list[str]) -> list[object]:
    """MinHash of word shingles as datasketch makes it."""
    from datasketch import MinHash

    blank = MinHash(num_perm=OLD_PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
    signed = []
    for text in texts:
        words = text.lower().split()
        last = max(1, len(words) - OURS.shingle_words + 1)
        signature = blank.copy()
        signature.update_batch(sorted({" ".join(words[i : i + OURS.shingle_words]).encode() for i in range(last)}))
        signed.append(signature.hashvalues)
    return signed


def run_old(texts: list[str], pool: Pool) -> int:
    """One index with datasketch's own bands, the signatures deciding."""
    from datasketch import MinHash, MinHashLSH

    signatures = [signature for part in pool.map(sign_old, cut(texts)) for signature in part]
    index = MinHashLSH(threshold=THRESHOLD, num_perm=OLD_PERMUTATIONS)
    blank = MinHash(num_perm=OLD_PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
    found = 0
    for number, values in enumerate(signatures):
        wrapped = blank.copy()
        wrapped.hashvalues = values
        near = [key for key in index.query(wrapped) if np.mean(signatures[key] == values) >= THRESHOLD]
        found += bool(near)
        if not near:
            index.insert(number, wrapped, check_duplication=False)
    return found


def cut(texts: list[str]) -> list[list[str]]:
    """As many parts as there are processes."""
    return [texts[start : start + len(texts) // PROCESSES] for start in range(0, len(texts), len(texts) // PROCESSES)]


def time_once(run: Callable[[list[str], Pool], int], texts: list[str], pool: Pool) -> tuple[float, int]:
    """Seconds, and how many near-duplicates were found."""
    start = time.perf_counter()
    found = run(texts, pool)
    return time.perf_counter() - start, found


def main() -> int:
    """Print documents a second and the ratio; exit 1 below 5,000 documents a second."""
    texts = make_documents()
    old = find_spec("datasketch") is not None
    ours_s, old_s, found_ours, found_old = [], [], 0, 0
    with get_context("spawn").Pool(PROCESSES) as pool:
        time_once(run_ours, texts[:1000], pool)
        for _ in range(ROUNDS):
            seconds, found_ours = time_once(run_ours, texts, pool)
            ours_s.append(seconds)
            if old:
                seconds, found_old = time_once(run_old, texts, pool)
                old_s.append(seconds)
    speed = len(texts) / median(ours_s)
    print(f"ours:       {speed:8,.0f} documents/s, {found_ours} near-duplicates found (wanted: {WANTED:,})")
    if old:
        print(f"datasketch: {len(texts) / median(old_s):8,.0f} documents/s, {found_old} near-duplicates found")
        print(f"ours is {median(o / n for o, n in zip(old_s, ours_s, strict=True)):.2f} times as fast")
    return int(speed < WANTED)


if __name__ == "__main__":
    sys.exit(main())
