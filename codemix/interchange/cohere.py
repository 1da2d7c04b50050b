"""Between our parameters and those of Hugging Face's `CohereForCausalLM`: names, shapes, configuration.

The architecture is the same: one LayerNorm without bias before attention and SwiGLU in parallel, interleaved rotary
positions, tied embeddings. Theirs are a matrix for each layer, (out, in); ours have all layers in one array, (in, out),
with the heads apart.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from codemix.errors import UserError
from codemix.model.config import Model

ARCHITECTURE = "CohereForCausalLM"
_EMBEDDING, _NORM = "model.embed_tokens.weight", "model.norm.weight"
# theirs, below model.layers.N -> ours, below blocks
_OF_A_LAYER = {
    "input_layernorm.weight": "norm.scale_D",
    "self_attn.q_proj.weight": "attention.query_DxHxK",
    "self_attn.k_proj.weight": "attention.key_DxGxK",
    "self_attn.v_proj.weight": "attention.value_DxGxK",
    "self_attn.o_proj.weight": "attention.out_HxKxD",
    "mlp.gate_proj.weight": "feed_forward.gate_DxF",
    "mlp.up_proj.weight": "feed_forward.up_DxF",
    "mlp.down_proj.weight": "feed_forward.down_FxD",
}

Parameters = Mapping[str, np.ndarray]  # ours by dotted names: "blocks.attention.query_DxHxK", the layers' axis first


def to_cohere(model: Model, parameters: Parameters) -> dict[str, np.ndarray]:
    """Their weights, by their names. `parameters` are ours."""
    weights = {_EMBEDDING: parameters["embedding_VxD"], _NORM: parameters["norm.scale_D"]}
    for layer in range(model.layers):
        for theirs, ours in _OF_A_LAYER.items():
            weight = parameters[f"blocks.{ours}"][layer]
            if ours.endswith("_HxKxD"):
                weight = weight.reshape(-1, model.width)
            elif weight.ndim == 3:
                weight = weight.reshape(model.width, -1)
            weights[f"model.layers.{layer}.{theirs}"] = np.ascontiguousarray(weight.T)
    return weights


def from_cohere(model: Model, weight_of: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """Our parameters, in float32. `weight_of` gives the weight of one of their names."""

    def of_layers(theirs: str, ours: str) -> np.ndarray:
        shape = _shape(model, ours)
        return np.stack(
            [weight_of(f"model.layers.{layer}.{theirs}").astype(np.float32).T.reshape(shape) for layer in
             range(model.layers)]
        )  # fmt: skip

    return {
        "embedding_VxD": weight_of(_EMBEDDING).astype(np.float32),
        "norm.scale_D": weight_of(_NORM).astype(np.float32),
        **{f"blocks.{ours}": of_layers(theirs, ours) for theirs, ours in _OF_A_LAYER.items()},
    }


def _shape(model: Model, ours: str) -> tuple[int, ...]:
    """Of one layer's parameter; its name says it."""
    sizes = {"D": model.width, "H": model.heads, "G": model.groups, "K": model.head_size, "F": model.feed_forward}
    return tuple(sizes[letter] for letter in ours.rpartition("_")[2].split("x"))


def cohere_config(model: Model, vocab_size: int, eos: int) -> dict[str, Any]:
    """The content of their config.json."""
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
        "torch_dtype": "float32",
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
    rope = config.get("rope_parameters") or {}
    if rope.get("rope_type", "default") != "default":
        raise UserError(f"{where}: rope_type is {rope['rope_type']!r}; codemix has 'default' only.")
    try:
        return Model(
            layers=config["num_hidden_layers"],
            width=config["hidden_size"],
            heads=config["num_attention_heads"],
            kv_heads=config.get("num_key_value_heads"),
            feed_forward=config["intermediate_size"],
            context=config["max_position_embeddings"],
            rotary_base=float(rope.get("rope_theta", config.get("rope_theta", 10_000.0))),
            norm_epsilon=config.get("layer_norm_eps", 1e-5),
            logit_scale=config.get("logit_scale", 1.0),
        )
    except KeyError as error:
        raise UserError(f"{where}: {error} is missing; give a folder of {ARCHITECTURE}.") from None
