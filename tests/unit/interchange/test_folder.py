"""Exported folders beside transformers: the same logits, ids and continuations; and back to the same bits."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tokenizers
from flax import nnx

from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.evaluation.generation import Sampling, generate
from codemix.interchange.cohere import weights_of
from codemix.interchange.folder import PretrainedFolder, write_folder
from codemix.interchange.tokenizer_files import check_tokenizer
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

END = "<|endoftext|>"
VOCAB = 400
TEXTS = [file.read_text(encoding="utf-8") for file in sorted(Path(json.__file__).parent.glob("*.py"))] + [
    f"{END} is text, and so are <s> and </s>", "", " ", "naïve — 数据 👩‍👩‍👧 \r\n\t\x00", "   indented\n\n\nfar"
]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level BPE, as codemix trains them."""
    from tokenizers import decoders, models, pre_tokenizers, trainers

    made = tokenizers.Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator(TEXTS, trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


def make(padding: int = 0, times: float = 1.0, **fields: Any) -> tuple[Transformer, dict[str, np.ndarray]]:
    """A random model whose logits have a spread of about 1, and its parameters by dotted names. `times` its
    initialisation, what it says depends on more than the last token."""
    shape = {"layers": 2, "width": 32, "heads": 4, "feed_forward": 48, "context": 128, "loss_chunk": 8}
    config = Model(**{**shape, **fields})
    model = nnx.jit(lambda: Transformer(config, VOCAB + padding, 0, jnp.float32, nnx.Rngs(4)))()
    nnx.update(model.blocks, jax.tree.map(lambda leaf: times * leaf, nnx.state(model.blocks, nnx.Param)))
    state = nnx.state(model, nnx.Param)
    return model, {".".join(map(str, path)): np.asarray(leaf[...]) for path, leaf in nnx.to_flat_state(state)}


def logits(model: Transformer, ids_BxT: np.ndarray) -> np.ndarray:
    hidden_BxTxD = nnx.jit(lambda model, ids: model(ids))(model, jnp.asarray(ids_BxT))
    return np.asarray(model.config.logit_scale * hidden_BxTxD @ model.embedding_VxD[...].T)


@pytest.mark.parametrize("fields", [{}, {"kv_heads": 2, "logit_scale": 0.5}, {"kv_heads": 1, "rotary_base": 500.0}])
def test_transformers_loads_what_was_written(
    torch: ModuleType, transformers: ModuleType, tokenizer: Path, tmp_path: Path, fields: dict
) -> None:
    """On random ids and on text: float32 on both sides, sums of some 100 products, logits of order 1. The embedding has
    entries that no token has, and files of 20 kB make several of the weights."""
    model, parameters = make(padding=5, **fields)
    folder = tmp_path / "exported"
    write_folder(folder, model.config, parameters, VOCAB, 0, tokenizer, {"README.md": "a card"}, shard_bytes=20_000)
    assert len(list(folder.glob("model-*-of-*.safetensors"))) > 3
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    assert type(theirs).__name__ == "CohereForCausalLM"
    assert theirs.dtype == torch.float32
    words = transformers.AutoTokenizer.from_pretrained(folder)
    rows = [np.random.default_rng(1).integers(0, VOCAB, 100), *(words(text).input_ids[:100] for text in TEXTS[:3])]
    for ids in rows:
        ids = np.array(ids)
        ids[1:][ids[1:] == 0] = 7  # theirs has no document masks: one document
        with torch.inference_mode():
            expected_TxV = theirs(torch.tensor(ids)[None]).logits[0].numpy()
        assert expected_TxV.shape == (100, VOCAB)
        assert expected_TxV.std() > 0.1
        np.testing.assert_allclose(logits(model, ids[None])[0, :, :VOCAB], expected_TxV, atol=1e-4)


def test_transformers_continues_as_codemix_does(
    torch: ModuleType, transformers: ModuleType, tokenizer: Path, tmp_path: Path
) -> None:
    """Greedily, from text and from nothing; a document's start is before both."""
    model, parameters = make(times=3.0, kv_heads=2)
    write_folder(tmp_path / "exported", model.config, parameters, VOCAB, 0, tokenizer, {})
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "exported").eval()
    words = transformers.AutoTokenizer.from_pretrained(tmp_path / "exported")
    ours = load_tokenizer(tokenizer)
    prompts = ["def decode(self, s):", "raise ", ""]
    graph, params = nnx.split(model)
    ids = [ours.encode_batch([prompt])[0].tolist() for prompt in prompts]
    found = generate(graph, params, make_mesh({"data": 1}), ids, Sampling(max_tokens=24), ours.decode, 4)
    batch = words(prompts, return_tensors="pt", padding=True)
    assert words.padding_side == "left"
    for number, prompt in enumerate(prompts):
        with torch.inference_mode():
            alone = words(prompt, return_tensors="pt") if prompt else {}
            expected = theirs.generate(**alone, max_new_tokens=24, do_sample=False)[0].tolist()
        assert expected[: 1 + len(ids[number])] == [0, *ids[number]]
        (continuation,) = found[number]
        after = expected[1 + len(ids[number]) :]
        assert list(continuation.ids) == (after[: after.index(0)] if 0 in after else after)
        assert len(set(after)) > 3
    assert batch.input_ids[1, -1 - len(ids[1])] == 0


def test_autotokenizer_gives_the_same_ids(
    transformers: ModuleType, tokenizer: Path, tmp_path: Path, real_texts: list[str]
) -> None:
    model, parameters = make()
    write_folder(tmp_path / "exported", model.config, parameters, VOCAB, 0, tokenizer, {})
    theirs, ours = transformers.AutoTokenizer.from_pretrained(tmp_path / "exported"), load_tokenizer(tokenizer)
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (0, 0, 0)
    texts = TEXTS + real_texts
    for text, ids in zip(texts, ours.encode_batch(texts), strict=True):
        assert theirs(text, add_special_tokens=False).input_ids == ids.tolist()
        assert theirs(text).input_ids == [0, *ids.tolist()]
        assert theirs.decode(ids) == ours.decode(ids) == text


def test_there_and_back_and_there(tokenizer: Path, tmp_path: Path) -> None:
    """The weights that are written from what was read are the bytes that were read; in bfloat16 the nearest of them."""
    model, parameters = make(padding=3, kv_heads=2)
    write_folder(tmp_path / "first", model.config, parameters, VOCAB, 0, tokenizer, {})
    first = PretrainedFolder(tmp_path / "first")
    again = {name: first.parameter(name, VOCAB) for name in parameters}
    assert all(array.dtype == np.float32 for array in again.values())
    write_folder(tmp_path / "second", model.config, again, VOCAB, 0, tokenizer, {})
    for file in ("model.safetensors", "config.json", "tokenizer.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    write_folder(tmp_path / "half", model.config, parameters, VOCAB, 0, tokenizer, {}, dtype="bfloat16")
    half = PretrainedFolder(tmp_path / "half")
    for name, parameter in again.items():
        np.testing.assert_array_equal(half.parameter(name, VOCAB), parameter.astype(jnp.bfloat16).astype(np.float32))


def test_what_transformers_saved_is_read(torch: ModuleType, transformers: ModuleType, tmp_path: Path) -> None:
    config = transformers.CohereConfig(
        vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    theirs = transformers.CohereForCausalLM(config).eval()
    theirs.save_pretrained(tmp_path)
    read = PretrainedFolder(tmp_path)
    assert (read.model.logit_scale, read.model.rotary_base, read.model.groups) == (0.0625, 500_000.0, 1)
    model = Transformer(read.model, 50, 0, jnp.float32, nnx.Rngs(0))
    state = nnx.to_flat_state(nnx.state(model, nnx.Param))
    nnx.update(
        model,
        nnx.from_flat_state({p: leaf.replace(read.parameter(".".join(map(str, p)), 50)) for p, leaf in state}),
    )
    ids_BxT = np.random.default_rng(0).integers(1, 50, (2, 20))
    with torch.inference_mode():
        expected = theirs(torch.tensor(ids_BxT)).logits.numpy()
    np.testing.assert_allclose(logits(model, ids_BxT), expected, atol=1e-5)


def test_nothing_half_written_has_the_folders_name(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, parameters = make()
    broken = {**parameters, "norm.scale_D": None}  # the last weight that is asked for
    with pytest.raises(TypeError):
        write_folder(tmp_path / "exported", model.config, broken, VOCAB, 0, tokenizer, {})
    assert not list(tmp_path.iterdir())
    (tmp_path / ".exported.partial").mkdir()  # of one that was killed
    (tmp_path / ".exported.partial" / "config.json").write_text("{")
    (tmp_path / "exported").mkdir()
    write_folder(tmp_path / "exported", model.config, parameters, VOCAB, 0, tokenizer, {})
    assert [path.name for path in tmp_path.iterdir()] == ["exported"]
    with pytest.raises(UserError, match="there is something already"):
        write_folder(tmp_path / "exported", model.config, parameters, VOCAB, 0, tokenizer, {})


@pytest.fixture(scope="module")
def written(tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, parameters = make()
    folder = tmp_path_factory.mktemp("written") / "exported"
    write_folder(folder, model.config, parameters, VOCAB, 0, tokenizer, {})
    return folder


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"num_hidden_layers": 3}, r"layers\.2\.input_layernorm\.weight is missing, and config.json says"),
        ({"num_hidden_layers": 1}, r"the model has model\.layers\.1"),
        ({"intermediate_size": 40}, r"mlp\.gate_proj\.weight has the shape \(48, 32\), and config.json says"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0}}, "rope_type is 'linear'"),
        ({"rope_scaling": {"type": "dynamic"}, "rope_parameters": None}, "rope_type is 'dynamic'"),
        ({"rope_parameters": None, "rope_theta": None}, None),
        ({"quantization_config": {"bits": 4}}, "quantised"),
    ],
)
def test_a_folder_that_is_another_model_is_refused(
    written: Path, tmp_path: Path, changes: dict, told: str | None
) -> None:
    content = json.loads((written / "config.json").read_text()) | changes
    content = {field: value for field, value in content.items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(content))
    (tmp_path / "model.safetensors").write_bytes((written / "model.safetensors").read_bytes())
    with pytest.raises(UserError, match=told or "'rope_theta' is missing"):
        PretrainedFolder(tmp_path)


def test_a_folder_that_is_not_whole_is_told(written: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json: the file is missing"):
        PretrainedFolder(tmp_path)
    (tmp_path / "config.json").write_bytes((written / "config.json").read_bytes())
    with pytest.raises(UserError, match=r"neither model\.safetensors nor"):
        PretrainedFolder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((written / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(UserError, match=r"model\.safetensors: the file is damaged"):
        PretrainedFolder(tmp_path)


def test_another_tokenizer_is_told(tokenizer: Path, written: Path, tmp_path: Path) -> None:
    check_tokenizer(tokenizer, written)
    content = json.loads(tokenizer.read_text())
    content["model"]["merges"] = content["model"]["merges"][::-1]
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="another tokenizer than the study's"):
        check_tokenizer(tmp_path / "tokenizer.json", written)
    with pytest.raises(UserError, match=r"tokenizer\.json is missing"):
        check_tokenizer(tokenizer, tmp_path / "nothing")


def test_a_sentencepiece_model_goes_along(transformers: ModuleType, tmp_path: Path) -> None:
    """transformers says that it cannot load it; it does not give other ids."""
    import sentencepiece

    lines = (f"the model {number} reads {number * 7} rows of data" for number in range(300))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_prefix=str(tmp_path / "m"), vocab_size=200, hard_vocab_limit=False, minloglevel=2
    )
    model, parameters = make()
    write_folder(tmp_path / "exported", model.config, parameters, VOCAB, 2, tmp_path / "m.model", {})
    assert (tmp_path / "exported" / "sentencepiece.model").read_bytes() == (tmp_path / "m.model").read_bytes()
    check_tokenizer(tmp_path / "m.model", tmp_path / "exported")
    with pytest.raises((ValueError, OSError, TypeError)):
        transformers.AutoTokenizer.from_pretrained(tmp_path / "exported")


def test_every_weight_is_one_of_a_parameters_layers() -> None:
    config = make()[0].config
    weights = list(weights_of(config, VOCAB))
    assert len({weight.name for weight in weights}) == len(weights) == 2 + 8 * config.layers
