"""The files made from the config classes hold every param."""

import json

from components.base.yaml import read_yaml
from pipelines.params import PARAMS_FILE
from pipelines.schema import make_page, make_schema


def test_the_schema_knows_every_section_and_refuses_others() -> None:
    schema = json.loads(make_schema())
    assert set(schema["properties"]) == set(read_yaml(PARAMS_FILE))
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]["pretrain"]["discriminator"]["mapping"]) == {"scratch", "pretrained", "external"}


def test_the_page_has_a_table_for_each_kind_and_a_row_for_each_param() -> None:
    page = make_page()
    assert "### `sources` kind: `parquet`" in page
    assert "| `training.optimization.clip_norm` | number > 0 | required |" in page
    assert r"Optimiser steps between two measurements" in page
