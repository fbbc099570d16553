import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("ONTOGENY_DATA", ""))
    if not os.environ.get("ONTOGENY_DATA") or not folder.is_dir():
        pytest.skip("ONTOGENY_DATA names no folder of real data")
    return folder
