"""`codemix prepare --check`: a store that is what its SeqIO task yields passes, any other is told."""

import shutil
from pathlib import Path

import pytest

from codemix.data.check import check_stores
from codemix.errors import UserError
from codemix.store.token_store import SPLITS, TokenStore


def test_every_token_of_a_prepared_store_is_compared(prepared) -> None:
    tasks = prepared.corpora.tasks
    stores = [TokenStore(prepared.corpora.store_path(prepared.home, task)) for task in tasks]
    tokens = sum(store.count(split, "tokens") for store in stores for split in SPLITS)
    assert check_stores(prepared.corpora, tasks, prepared.home) == tokens > 0


def test_a_store_with_another_token_is_told(prepared, tmp_path: Path) -> None:
    home = shutil.copytree(prepared.home, tmp_path / "home")
    store = TokenStore(prepared.corpora.store_path(home, "text"))
    file = store.path / "train" / store.shards("train")[0].token_file
    content = bytearray(file.read_bytes())
    content[10] ^= 1
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"from token 0 of 'train' on it is not what the SeqIO task 'text' yields"):
        check_stores(prepared.corpora, ["text"], home)
