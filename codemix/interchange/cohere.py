"""Between our parameters and those of Hugging Face's `CohereForCausalLM`: names, shapes, configuration.

The architecture is the same: one LayerNorm without bias before attention and SwiGLU in parallel, interleaved rotary
positions, tied embeddings. Theirs are a matrix for each layer, (out, in); ours have all layers in one array, (in, out),
with the heads apart.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np

from codemix.errors import UserError
from codemix.model.config import Model

ARCHITECTURE = "CohereForCausalLM"
_THEIR_LOGIT_SCALE = 0.0625  # where their config.json does not say it
_EMBEDDING = "embedding_VxD"
# ours, below blocks -> theirs, below model.layers.N
_OF_A_LAYER = {
    "norm.scale_D": "input_layernorm.weight",
    "attention.query_DxHxK": "self_attn.q_proj.weight",
    "attention.key_DxGxK": "self_attn.k_proj.weight",
    "attention.value_DxGxK": "self_attn.v_proj.weight",
    "attention.out_HxKxD": "self_attn.o_proj.weight",
    "feed_forward.gate_DxF": "mlp.gate_proj.weight",
    "feed_forward.up_DxF": "mlp.up_proj.weight",
    "feed_forward.down_FxD": "mlp.down_proj.weight",
}
_OF_THE_MODEL = {_EMBEDDING: "model.embed_tokens.weight", "norm.scale_D": "model.norm.weight"}


@dataclasses.dataclass(frozen=True)
class Weight:
    """One of their weights.

    Attributes:
        name: theirs.
        shape: theirs.
        parameter: ours that it is, or is a layer of: "blocks.attention.query_DxHxK".
        layer: which one; None where the parameter is of the whole model.
    """

    name: str
    shape: tuple[int, ...]
    parameter: str
    layer: int | None = None


def weights_of(model: Model, vocab_size: int) -> Iterator[Weight]:
    """All of their weights, layer by layer. The embedding is the output matrix, too."""
    embedding, norm = _OF_THE_MODEL.items()
    yield Weight(embedding[1], (vocab_size, model.width), embedding[0])
    for layer in range(model.layers):
        for ours, theirs in _OF_A_LAYER.items():
            shape = _two_axes(ours, _shape(model, ours))[::-1]
            yield Weight(f"model.layers.{layer}.{theirs}", shape, f"blocks.{ours}", layer)
    yield Weight(norm[1], (model.width,), norm[0])


def to_cohere(weight: Weight, parameter: jax.Array | np.ndarray) -> np.ndarray:
    """The weight, from the parameter of ours that has it; rows of an embedding beyond its shape are left out."""
    if weight.layer is None:
        return np.asarray(parameter[: weight.shape[0]])
    ours = np.asarray(parameter[weight.layer])
    return np.ascontiguousarray(ours.reshape(_two_axes(weight.parameter, ours.shape)).T)


def from_cohere(model: Model, parameter: str, vocab_size: int, weight_of: Callable[[str], np.ndarray]) -> np.ndarray:
    """One of our parameters, in float32.

    Args:
        model: the shape.
        parameter: its name.
        vocab_size: entries of the embedding that are taken.
        weight_of: gives the weight of one of their names.
    """
    if parameter == _EMBEDDING:
        return weight_of(_OF_THE_MODEL[parameter])[:vocab_size].astype(np.float32)
    if parameter in _OF_THE_MODEL:
        return weight_of(_OF_THE_MODEL[parameter]).astype(np.float32)
    ours = parameter.removeprefix("blocks.")
    found = np.empty((model.layers, *_shape(model, ours)), np.float32)
    for layer in range(model.layers):
        found[layer] = weight_of(f"model.layers.{layer}.{_OF_A_LAYER[ours]}").T.reshape(found.shape[1:])
    return found


def _shape(model: Model, ours: str) -> tuple[int, ...]:
    """Of one layer's parameter; its name says it."""
    sizes = {"D": model.width, "H": model.heads, "G": model.groups, "K": model.head_size, "F": model.feed_forward}
    return tuple(sizes[letter] for letter in ours.rpartition("_")[2].split("x"))


def _two_axes(ours: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Heads and their channels in one axis; a scale stays as it is."""
    if len(shape) < 3:
        return shape
    first, second, third = shape
    return (first * second, third) if ours.endswith("_HxKxD") else (first, second * third)


def cohere_config(model: Model, vocab_size: int, eos: int, dtype: str = "float32") -> dict[str, Any]:
    """The content of their config.json; `dtype` is that of the weights."""
    return {
        "architectures": [ARCHITECTURE],
        "model_type": "cohere",
        "vocab_size": vocab_size,
        "hidden_size": model.width,
        "intermediate_size": model.feed_forward,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.groups,
        "max_position_embeddings": model.context,
        "rope_theta": model.rotary_base,
        "rope_parameters": {"rope_type": "default", "rope_theta": model.rotary_base},
        "layer_norm_eps": model.norm_epsilon,
        "logit_scale": model.logit_scale,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "use_qk_norm": False,
        "tie_word_embeddings": True,
        "bos_token_id": eos,  # a document starts after the end of the one before it
        "eos_token_id": eos,
        "pad_token_id": eos,
        "dtype": dtype,
        "torch_dtype": dtype,  # its name before transformers 5
    }


def model_of(config: Mapping[str, Any], where: str) -> Model:
    """The shape that a config.json describes.

    Raises:
        UserError: it describes another architecture, or a variant that codemix has not; `where` is the file.
    """
    wanted = {
        "model_type": "cohere",
        "hidden_act": "silu",
        "attention_bias": False,
        "use_qk_norm": False,
        "tie_word_embeddings": True,
    }
    for field, value in wanted.items():
        if config.get(field, value) != value:
            raise UserError(
                f"{where}: {field} is {config[field]!r}, and codemix has models with {value!r} only; "
                f"give a folder of {ARCHITECTURE} that has it."
            )
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise UserError(f"{where}: rope_type is {kind!r}, and codemix has 'default' only; give a folder that has it.")
    if "quantization_config" in config:
        raise UserError(f"{where}: the weights are quantised (quantization_config); give a folder that has them whole.")
    try:
        return Model(
            layers=config["num_hidden_layers"],
            width=config["hidden_size"],
            heads=config["num_attention_heads"],
            kv_heads=config.get("num_key_value_heads"),
            feed_forward=config["intermediate_size"],
            context=config["max_position_embeddings"],
            rotary_base=float(rope["rope_theta"] if "rope_theta" in rope else config["rope_theta"]),
            norm_epsilon=config.get("layer_norm_eps", 1e-5),
            logit_scale=config.get("logit_scale", _THEIR_LOGIT_SCALE),
            loss_chunk=1,
        )
    except KeyError as error:
        raise UserError(f"{where}: {error} is missing; give a folder of {ARCHITECTURE}.") from None
