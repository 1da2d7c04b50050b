"""Generation beside transformers on the exported model: the same weights, the same tokens, on this machine's CPU.

    python -m tests.benchmarks.generation [--rounds 9]

Both continue the same random prompts of 64 tokens greedily by 128 tokens in float32, with a cache of keys and values.
Rounds alternate between the programs; given are the best round and the median, and the ratio of each. Where logits are
so near to each other that rounding decides, the continuations part; how many do is printed.
"""

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import tokenizers
import torch
import transformers
from flax import nnx
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForCausalLM

from codemix.evaluation.generation import Sampling, generate
from codemix.interchange.folder import write_folder
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.training.weights import fresh_weights

SHAPES = {  # about 1.5M and 8M parameters with the embedding
    "4 layers × 128, vocabulary 4,096": (Model(layers=4, width=128, heads=4, feed_forward=384, context=256), 4096),
    "6 layers × 256, vocabulary 12,288": (Model(layers=6, width=256, heads=4, feed_forward=768, context=256), 12288),
}
BATCHES = (1, 32)
PROMPT, TOKENS = 64, 128
END = 0

Continue = Callable[[np.ndarray], np.ndarray]  # prompts_BxP -> the tokens that follow, (B, TOKENS)


def theirs(folder: Path) -> Continue:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def run(prompts_BxP: np.ndarray) -> np.ndarray:
        ids = torch.from_numpy(prompts_BxP.astype(np.int64))
        with torch.inference_mode():
            found = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=TOKENS,
                do_sample=False,
                eos_token_id=None,
            )
        return found[:, ids.shape[1] :].numpy()

    return run


def ours(graph: nnx.GraphDef, params: nnx.State) -> Continue:
    mesh = make_mesh({"data": -1})

    def run(prompts_BxP: np.ndarray) -> np.ndarray:
        prompts = [row[1:].tolist() for row in prompts_BxP]  # the end of a document is put before them
        found = generate(graph, params, mesh, prompts, Sampling(TOKENS), lambda ids: "", len(prompts))
        return np.array([continuation.ids for (continuation,) in found])

    return run


def exported(folder: Path, model: Model, vocab_size: int) -> tuple[nnx.GraphDef, nnx.State]:
    """A fresh model, larger than its initialisation so that the most probable token stands out, and its folder."""
    graph, params = fresh_weights(model, vocab_size, END, make_mesh({"data": -1}), "float32", seed=0)
    vocabulary = {f"t{number}": number for number in range(vocab_size)}
    tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t1")).save(str(folder / "words.json"))
    named = {".".join(map(str, path)): variable[...] for path, variable in nnx.to_flat_state(params)}
    write_folder(folder / "model", model, named, vocab_size, END, folder / "words.json", {})
    return graph, params


def seconds(run: Continue, prompts_BxP: np.ndarray) -> float:
    start = time.perf_counter()
    run(prompts_BxP)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()
    table = Table(title="Generation on the CPU, float32, greedy", caption="ratio: codemix beside transformers")
    for heading in ("model", "batch", "program", "best, tokens/s", "median, tokens/s", "ratio of best", "of median"):
        table.add_column(heading, justify="left" if heading in ("model", "program") else "right")
    parted = []
    for name, (model, vocab_size) in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            weights = exported(Path(folder), model, vocab_size)
            programs = {"transformers": theirs(Path(folder) / "model"), "codemix": ours(*weights)}
        for batch in BATCHES:
            prompts_BxP = np.random.default_rng(batch).integers(1, vocab_size, (batch, PROMPT))
            prompts_BxP[:, 0] = END
            first, second = (run(prompts_BxP) for run in programs.values())
            parted.append(f"{int((first != second).any(axis=1).sum())} of {batch}")
            taken: dict[str, list[float]] = {program: [] for program in programs}
            for _ in range(rounds):
                for program, run in programs.items():
                    taken[program].append(seconds(run, prompts_BxP))
            best = {program: batch * TOKENS / min(times) for program, times in taken.items()}
            median = {program: batch * TOKENS / statistics.median(times) for program, times in taken.items()}
            for program in programs:
                ratios = [f"{rate[program] / rate['transformers']:.2f}" for rate in (best, median)]
                table.add_row(name, str(batch), program, f"{best[program]:,.0f}", f"{median[program]:,.0f}", *ratios)
        table.add_section()
    Console(width=130).print(table)
    print(f"continuations that part: {', '.join(parted)}")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; jax {jax.__version__}")


if __name__ == "__main__":
    main()
