"""The only door to Ray Data: read tasks go out to the workers, cleaned documents and their statistics come back."""

import logging
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from components.base.errors import PipelineError
from components.corpus.document_stats import STATS_COLUMNS, TEXT_COLUMNS, DocumentProcessor, DocumentStats, read_stats

ROWS_PER_BATCH = 2048
_TYPES = {
    "bytes_in": pa.int64(),
    "bytes_out": pa.int64(),
    "line": pa.int64(),
    "repaired": pa.bool_(),
    "bands": pa.large_binary(),
}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.large_string())) for name in (*STATS_COLUMNS, "text")])


class ProcessedCorpus:
    """Cleaned documents, held by the cluster; statistics and texts are fetched apart, and meet again by id."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def fetch_stats(self) -> list[DocumentStats]:
        """Statistics of every document, in the order of the read tasks."""
        return [read_stats(row) for row in self._rows(STATS_COLUMNS)]

    def stream_texts(self) -> Iterator[dict[str, str]]:
        """Id, source and cleaned text of every document, in the same order."""
        return self._rows(TEXT_COLUMNS)

    def pick_texts(self, ids: frozenset[str]) -> Iterator[dict[str, str]]:
        """The same of these documents alone."""
        return self._rows(TEXT_COLUMNS, pa.array(sorted(ids), type=pa.large_string())) if ids else iter(())

    def _rows(self, columns: tuple[str, ...], ids: pa.Array | None = None) -> Iterator[dict[str, Any]]:
        chosen = self._dataset.select_columns(list(columns))
        for table in chosen.iter_batches(batch_size=ROWS_PER_BATCH, batch_format="pyarrow"):
            picked = table if ids is None else table.filter(pc.is_in(table["id"], value_set=ids))
            yield from picked.to_pylist()


def process_documents(processor: DocumentProcessor) -> ProcessedCorpus:
    """Read and clean everything, one Ray task per read task; a refusal is raised here at once, in its own words."""
    import ray
    from ray.data import DataContext
    from ray.exceptions import RayTaskError

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # an error comes as an exception, not as its log too
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_options.preserve_order = True  # so that the result does not depend on who is faster
    shared = ray.put(processor)
    here = str(Path.cwd())

    def work(batch: dict[str, Any]) -> Iterator[pa.Table]:
        own: DocumentProcessor = ray.get(shared)
        os.chdir(here)  # a cluster's workers stand elsewhere, and a relative path means the stage's own
        for number in batch["read"]:
            rows = own.process(int(number))
            while block := list(islice(rows, ROWS_PER_BATCH)):
                yield pa.Table.from_pylist(block, schema=_SCHEMA)

    count = len(processor.tasks)
    tasks = ray.data.from_items([{"read": number} for number in range(count)], override_num_blocks=count)
    try:
        return ProcessedCorpus(tasks.map_batches(work, batch_size=1).materialize())
    except RayTaskError as error:
        if isinstance(error.cause, PipelineError):
            # Ray adds advice of its own below the message.
            raise type(error.cause)(str(error.cause).splitlines()[0]) from None
        raise error.cause from None
