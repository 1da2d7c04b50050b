"""The tiny study with its documents, tokenizer and token stores in a bucket, of a real S3 server on this machine."""

from pathlib import Path

import pandas as pd
import pytest
from tiny_study import NAME, codemix


@pytest.mark.slow
def test_prepared_into_and_trained_from_a_bucket(s3_bucket: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for finished in (codemix("run", here), codemix("run", there, "--data", f"{s3_bucket}/corpora")):
        assert finished.returncode == 0, finished.stderr
    assert (here / "tokens").exists()
    assert not (there / "tokens").exists()
    results = [pd.read_parquet(home / "studies" / NAME / "results.parquet") for home in (here, there)]
    pd.testing.assert_frame_equal(*results)
    again = codemix("run", there, "--data", f"{s3_bucket}/corpora")
    assert "nothing to do" in again.stdout
