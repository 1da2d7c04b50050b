"""Our models beside transformers' implementation of the same architecture: equal logits, and back again."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.errors import UserError
from codemix.interchange.cohere import cohere_config, from_cohere, model_of, to_cohere, weights_of
from codemix.model.config import Model
from codemix.model.transformer import Transformer

VOCAB, EOS = 101, 0
SHAPE: dict[str, Any] = {"layers": 3, "width": 32, "heads": 4, "feed_forward": 48, "context": 64, "logit_scale": 0.25}


def fresh(model: Model) -> tuple[Transformer, dict[str, np.ndarray]]:
    """A model whose every parameter is random, norms too, and its parameters by dotted names."""
    transformer = Transformer(model, VOCAB, EOS, jnp.float32, nnx.Rngs(1))
    keys = iter(jax.random.split(jax.random.key(2), 100))
    state = nnx.state(transformer, nnx.Param)
    state = jax.tree.map(lambda leaf: leaf + 0.1 * jax.random.normal(next(keys), leaf.shape), state)
    nnx.update(transformer, state)
    named = {".".join(map(str, path)): np.asarray(leaf[...]) for path, leaf in nnx.to_flat_state(state)}
    return transformer, named


def theirs_of(model: Model, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Their weights, by their names."""
    weights = {
        weight.name: (weight, to_cohere(weight, parameters[weight.parameter])) for weight in weights_of(model, VOCAB)
    }
    for weight, array in weights.values():
        assert array.shape == weight.shape
    return {name: array for name, (_, array) in weights.items()}


@pytest.mark.parametrize("kv_heads", [None, 2, 1])
def test_transformers_gives_the_same_logits(torch: ModuleType, transformers: ModuleType, kv_heads: int | None) -> None:
    """Float32 on both sides; logits of order 1 that are sums of some 100 products differ by 1e-5 at most."""
    model = Model(**SHAPE, kv_heads=kv_heads, loss_chunk=8)
    ours, parameters = fresh(model)
    theirs = transformers.CohereForCausalLM(transformers.CohereConfig(**cohere_config(model, VOCAB, EOS)))
    weights = {name: torch.tensor(weight) for name, weight in theirs_of(model, parameters).items()}
    missing, unexpected = theirs.load_state_dict(weights, strict=False)
    assert missing == ["lm_head.weight"]  # tied
    assert not unexpected
    theirs.tie_weights()
    ids_BxT = np.random.default_rng(3).integers(1, VOCAB, (2, 40))  # one document: theirs has no document masks
    with torch.no_grad():
        expected_BxTxV = theirs.eval()(torch.tensor(ids_BxT)).logits.numpy()
    hidden_BxTxD = ours(jnp.asarray(ids_BxT))
    found_BxTxV = model.logit_scale * hidden_BxTxD @ parameters["embedding_VxD"].T
    np.testing.assert_allclose(found_BxTxV, expected_BxTxV, atol=1e-4)
    assert expected_BxTxV.std() > 0.1


@pytest.mark.parametrize("kv_heads", [None, 2])
def test_there_and_back(kv_heads: int | None) -> None:
    model = Model(**SHAPE, kv_heads=kv_heads)
    _, parameters = fresh(model)
    weights = theirs_of(model, parameters)
    assert {weight.parameter for weight in weights_of(model, VOCAB)} == parameters.keys()
    for name, parameter in parameters.items():
        np.testing.assert_array_equal(from_cohere(model, name, VOCAB, weights.__getitem__), parameter)
    read = model_of(cohere_config(model, VOCAB, EOS), "config.json")
    assert (read.layers, read.width, read.heads, read.groups, read.feed_forward, read.context) == (
        model.layers, model.width, model.heads, model.groups, model.feed_forward, model.context,
    )  # fmt: skip
    assert (read.rotary_base, read.norm_epsilon, read.logit_scale) == (10_000.0, 1e-5, 0.25)


@pytest.mark.parametrize(
    ("field", "value"), [("model_type", "llama"), ("use_qk_norm", True), ("tie_word_embeddings", False)]
)
def test_what_is_another_model_is_refused(field: str, value: Any) -> None:
    config = {**cohere_config(Model(**SHAPE), VOCAB, EOS), field: value}
    with pytest.raises(UserError, match=f"config.json: {field} is "):
        model_of(config, "config.json")
    with pytest.raises(UserError, match="num_hidden_layers"):
        model_of({"model_type": "cohere"}, "config.json")
