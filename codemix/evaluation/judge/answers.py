"""What a model answers to the prompts."""

from collections.abc import Callable, Sequence

from codemix.evaluation.generation import Sampling, generate
from codemix.evaluation.journal import Journal
from codemix.evaluation.judge.config import Judging
from codemix.evaluation.judge.prompts import Prompt
from codemix.evaluation.model import ScoredModel

ANSWERS_VERSION = 1  # raised when the same model and prompts would give other answers


def answer(
    model: ScoredModel,
    judging: Judging,
    prompts: Sequence[Prompt],
    journal: Journal,
    advance: Callable[[float], None] = lambda prompts: None,
) -> dict[str, str]:
    """The id of every prompt -> the model's answer, without space around it.

    An answer has `Judging.max_tokens`, but never more than half of the model's context.

    Args:
        model: answers.
        judging: how.
        prompts: to what.
        journal: where the answers that were written before are found.
        advance: called with the number of prompts answered.
    """
    sampling = Sampling(
        max_tokens=min(judging.max_tokens, model.context // 2),
        temperature=judging.temperature,
        top_p=judging.top_p,
        stop=judging.stop,
        seed=judging.seed,
    )
    devices = model.mesh.shape["data"] * model.mesh.shape["fsdp"]
    rows = -(-judging.batch_rows // devices) * devices
    texts = [prompt.text(judging) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda number: len(texts[number]))
    answers = {}
    for start in range(0, len(order), rows):
        numbers = order[start : start + rows]

        def written(numbers: Sequence[int] = numbers) -> list[str]:
            ids = [ids.tolist() for ids in model.tokenizer.encode_batch([texts[number] for number in numbers])]
            found = generate(
                *(model.graph, model.params, model.mesh, ids, sampling, model.tokenizer.decode, rows, numbers)
            )
            return [continuation.text.strip() for (continuation,) in found]

        for number, text in zip(numbers, journal.entry(written), strict=True):
            answers[prompts[number].id] = text
        advance(len(numbers))
    return answers
