import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codemix.data.byte_pair import HuggingFaceTokenizer, TiktokenTokenizer
from codemix.data.documents import well_formed
from codemix.data.tokenizer import END_OF_DOCUMENT, Tokenizer, TokenizerFile, TrainedTokenizer
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.data.tokenizer_training import train_tokenizer
from codemix.errors import UserError

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates and unassigned code points, too


@pytest.fixture(scope="module")
def path(prepared) -> Path:
    return prepared.corpora.tokenizer_path(prepared.home)


@pytest.fixture(scope="module")
def tokenizer(path: Path) -> Tokenizer:
    return load_tokenizer(path)


@given(ANY_TEXT)
@example("\ud800 lone, \ud83d\ude00 a pair")
@example("<|endoftext|>")
@example("\x00\r\n\u2028\x85")
def test_any_text_comes_back(tokenizer: Tokenizer, text: str):
    (ids,) = tokenizer.encode_batch([text])
    assert tokenizer.decode(ids) == well_formed(text)
    assert tokenizer.eos not in ids


@settings(max_examples=300)
@given(st.lists(st.one_of(ANY_TEXT, st.text("abt he\n\t 12'.<|>", max_size=60)), max_size=5))
def test_tiktoken_gives_what_the_file_means(path: Path, tokenizer: Tokenizer, texts: list[str]):
    assert isinstance(tokenizer, TiktokenTokenizer)
    exact = HuggingFaceTokenizer(path, None)
    for fast_ids, ids in zip(tokenizer.encode_batch(texts), exact.encode_batch(texts), strict=True):
        np.testing.assert_array_equal(fast_ids, ids)


def test_every_character_is_split_alike(path: Path, tokenizer: Tokenizer):
    """The two libraries' tables of letters, digits and spaces are of the same Unicode version."""
    exact = HuggingFaceTokenizer(path, None)
    characters = [chr(code) for code in range(0x33480) if not 0xD800 <= code < 0xE000]
    texts = [
        "".join(f"a{c}1 {c}!" for c in characters[start : start + 5000]) for start in range(0, len(characters), 5000)
    ]
    for fast_ids, ids in zip(tokenizer.encode_batch(texts), exact.encode_batch(texts), strict=True):
        np.testing.assert_array_equal(fast_ids, ids)


def test_bytes_cut_inside_a_character_decode(tokenizer: Tokenizer):
    (ids,) = tokenizer.encode_batch(["\U0001f600"])
    assert len(ids) == 4
    assert "\ufffd" in tokenizer.decode(ids[:2])


def test_the_same_documents_train_the_same_file(prepared, path: Path, tmp_path: Path):
    corpora = prepared.corpora
    shares = corpora.tokenizer_shares()
    documents = {task: corpora.documents_path(prepared.home, task) for task in shares}
    train_tokenizer(corpora.tokenizer, shares, documents, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert load_tokenizer(path).vocab_size == corpora.tokenizer.vocab_size


def test_too_large_a_vocabulary_is_told(prepared, tmp_path: Path):
    documents = {"text": prepared.corpora.documents_path(prepared.home, "text")}
    with pytest.raises(UserError, match=r"vocab_size is 50000.*budget_bytes"):
        train_tokenizer(TrainedTokenizer(50_000), {"text": Fraction(1)}, documents, tmp_path / "t.json")
    assert not (tmp_path / "t.json").exists()


def test_keys_follow_what_is_trained_on():
    spec, half = TrainedTokenizer(300), Fraction(1, 2)
    key = spec.key({"a": half, "b": half}, {"a": "1", "b": "2"})
    assert key == spec.key({"b": half, "a": half}, {"b": "2", "a": "1", "c": "3"})
    assert key != spec.key({"a": half, "b": half}, {"a": "1", "b": "3"})
    assert key != TrainedTokenizer(301).key({"a": half, "b": half}, {"a": "1", "b": "2"})


def edited(path: Path, target: Path, **changes: object) -> Path:
    target.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return target


def test_a_file_that_tiktoken_would_read_otherwise_is_read_exactly(path: Path, tmp_path: Path):
    lower = load_tokenizer(edited(path, tmp_path / "lower.json", normalizer={"type": "Lowercase"}))
    assert type(lower) is HuggingFaceTokenizer
    assert lower.decode(lower.encode_batch(["The DATA"])[0]) == "the data"

    content = json.loads(path.read_text())
    added = dict(content["added_tokens"][0], id=300, content="a model", special=False)
    words = load_tokenizer(edited(path, tmp_path / "words.json", added_tokens=[*content["added_tokens"], added]))
    assert type(words) is HuggingFaceTokenizer
    assert words.vocab_size == 301
    assert END_OF_DOCUMENT in words.decode(words.encode_batch([f"x{END_OF_DOCUMENT}"])[0])
    assert words.eos not in words.encode_batch([f"x{END_OF_DOCUMENT}"])[0]


def test_a_split_by_a_regular_expression_is_read_by_tiktoken(path: Path, tmp_path: Path):
    split = {
        "type": "Split",
        "pattern": {"Regex": r"\d| ?\p{L}+|\s+|[^\s\p{L}\d]+"},
        "behavior": "Isolated",
        "invert": False,
    }
    plain = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    sequence = {"type": "Sequence", "pretokenizers": [split, plain]}
    file = edited(path, tmp_path / "split.json", pre_tokenizer=sequence)
    fast, exact = load_tokenizer(file), HuggingFaceTokenizer(file, None)
    assert isinstance(fast, TiktokenTokenizer)
    np.testing.assert_array_equal(
        fast.encode_batch(["the 123 tokens, naïve"])[0], exact.encode_batch(["the 123 tokens, naïve"])[0]
    )


BYTES_ONLY = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
BLANKS = st.text("ab 1\n\t\u00a0.'s²Ⅷ", max_size=80)


def assert_same_ids(file: Path, texts: list[str]) -> None:
    fast, exact = load_tokenizer(file), HuggingFaceTokenizer(file, None)
    assert isinstance(fast, TiktokenTokenizer)
    for text, fast_ids, ids in zip(texts, fast.encode_batch(texts), exact.encode_batch(texts), strict=True):
        np.testing.assert_array_equal(fast_ids, ids, err_msg=ascii(text))
        assert fast.decode(fast_ids) == exact.decode(ids)


@pytest.fixture(scope="module")
def variants(path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file with what StarCoder's and GPT-NeoX's have beside plain byte-level splitting."""
    folder = tmp_path_factory.mktemp("variants")
    content = json.loads(path.read_text())
    special, size = content["added_tokens"], max(content["model"]["vocab"].values()) + 1
    runs = [dict(special[0], id=size + n, content=" " * (9 - n), special=False, normalized=True) for n in range(8)]
    digits = {
        single: {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": single}, BYTES_ONLY]}
        for single in (True, False)
    }
    # UTF-8 never has the bytes 0xC0 and 0xFF; 0xF1 begins the characters from U+40000 on, 0xE2 many that are common.
    left_out = {"À", "ÿ", "ñ", "â"}
    vocabulary = {token: n for token, n in content["model"]["vocab"].items() if not left_out & set(token)}
    merges = [pair for pair in content["model"]["merges"] if not left_out & set("".join(pair))]
    fewer = content["model"] | {"vocab": vocabulary, "merges": merges}
    return {
        "single digits": edited(path, folder / "single.json", pre_tokenizer=digits[True]),
        "digits": edited(path, folder / "digits.json", pre_tokenizer=digits[False]),
        "NFC": edited(path, folder / "nfc.json", normalizer={"type": "NFC"}),
        "runs": edited(path, folder / "runs.json", added_tokens=[*special, *runs]),
        "runs, NFC, digits": edited(
            path,
            folder / "all.json",
            added_tokens=[*special, *runs],
            normalizer={"type": "NFC"},
            pre_tokenizer=digits[True],
        ),
        "bytes without a token": edited(path, folder / "rare.json", model=fewer),
    }


VARIANTS = ("single digits", "digits", "NFC", "runs", "runs, NFC, digits", "bytes without a token")


@pytest.mark.parametrize("name", VARIANTS)
@given(texts=st.lists(st.one_of(ANY_TEXT, BLANKS, BLANKS.map(lambda text: text.replace(" ", "   "))), min_size=4))
@example(texts=[" " * n + end for n in range(1, 30) for end in ("", "x", "\n", "1", ".", "\u00a0")])
@example(texts=["\n" + " " * n + "x\n" + " " * n + "\n" for n in range(30)])
@example(texts=["e\u0301 \u1100\u1161 q\u0307\u0323 \u212b \u0958", "\U00050000 “ñ”", "x 12 3 4½x 1st\n7"])
@example(texts=["<|endoftext|>  "])
def test_variants_of_byte_level_splitting_are_encoded_by_tiktoken_to_the_same_ids(
    variants, name: str, texts: list[str]
):
    assert_same_ids(variants[name], texts)


def test_every_character_is_normalised_and_split_alike_around_runs_of_spaces(variants):
    characters = [chr(code) for code in range(0x33480) if not 0xD800 <= code < 0xE000]
    texts = [
        "".join(f"a{c}\u0323 {c}  1{c}\u0301" for c in characters[start : start + 100])
        for start in range(0, len(characters), 100)
    ]
    assert_same_ids(variants["runs, NFC, digits"], texts)


def test_more_white_space_than_tiktoken_can_split(variants):
    assert_same_ids(variants["single digits"], ["\n" * 1_000_000 + "x"])


def test_the_end_of_a_document_must_be_there(tmp_path: Path):
    file = tmp_path / "tokenizer.json"
    plain = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0, "b": 1}, []))
    plain.add_special_tokens(["[END]"])
    plain.save(str(file))
    with pytest.raises(UserError, match=r"no end of document.*TokenizerFile\.eos"):
        load_tokenizer(file)
    assert load_tokenizer(file, "[END]").eos == 2
    with pytest.raises(UserError, match="no file"):
        TokenizerFile(str(tmp_path / "missing.json"))
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(UserError, match=r"broken\.json: this is not a tokenizer"):
        load_tokenizer(tmp_path / "broken.json")


def test_sentencepiece(tmp_path: Path):
    sentences = (f"the model {number} reads {number * 7} rows of data" for number in range(300))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences,
        model_prefix=str(tmp_path / "model"),
        vocab_size=400,
        byte_fallback=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    tokenizer = load_tokenizer(tmp_path / "model.model")
    text = "the model reads </s> 数据 <s>"
    (ids,) = tokenizer.encode_batch([text])
    assert tokenizer.eos == 2
    assert not {0, 1, 2} & set(ids.tolist())
    assert tokenizer.decode(ids) == text
    (tmp_path / "broken.model").write_bytes(b"not a model")
    with pytest.raises(UserError, match="not a SentencePiece model"):
        load_tokenizer(tmp_path / "broken.model")
