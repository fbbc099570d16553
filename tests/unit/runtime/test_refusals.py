"""A worker's own refusal is told as it was said; lost workers are forgiven as often as told."""

import errno
import os
import pickle
from pathlib import Path

import pytest

from components.base.errors import DataError, GateError, PipelineError, name_full_disk
from components.runtime.patience import PatienceWithLostWorkers
from components.runtime.refusal import forget_refusal, read_refusal, record_refusal


def test_a_refusal_comes_back_as_the_exception_that_it_was(tmp_path: Path) -> None:
    assert read_refusal(tmp_path) is None
    record_refusal(DataError("a.jsonl:3: no text"), tmp_path)
    record_refusal(GateError("said later, by another worker"), tmp_path)
    found = read_refusal(tmp_path)
    assert type(found) is DataError
    assert str(found) == "a.jsonl:3: no text"
    forget_refusal(tmp_path)
    assert read_refusal(tmp_path) is None


def test_patience_ends_with_a_refusal_also_where_ray_has_sent_it(tmp_path: Path) -> None:
    patience = pickle.loads(pickle.dumps(PatienceWithLostWorkers(5, tmp_path)))
    assert patience.max_failures == 5
    record_refusal(GateError("too far"), tmp_path)
    assert patience.max_failures == 0


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_named_whoever_wraps_it(code: int) -> None:
    try:
        try:
            raise OSError(code, os.strerror(code), "/data/x")
        except OSError as error:
            raise RuntimeError("the writer failed") from error
    except RuntimeError as wrapped:
        found = name_full_disk(wrapped)
    assert isinstance(found, PipelineError)
    assert str(found).startswith("/data/x: the disk or its quota is full")


def test_another_error_is_not_a_full_disk() -> None:
    assert name_full_disk(OSError(errno.ENOENT, "No such file or directory", "/data/x")) is None
