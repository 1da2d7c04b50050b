"""Problems of a model by index: asked for, parsed, verified, looked at again; and why the others are dropped."""

import dataclasses
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from codemix.chat.client import Client, Unanswered
from codemix.data.documents import Document
from codemix.sandbox import Sandbox
from codemix.synthetic.draw import seeded
from codemix.synthetic.layouts import LAYOUTS, document, record
from codemix.synthetic.model.answer import Answer, Malformed, parsed
from codemix.synthetic.model.config import ModelGenerator
from codemix.synthetic.model.discriminator import question, verdicts
from codemix.synthetic.model.fragments import Fragments
from codemix.synthetic.model.styles import Prompt, prompt, repair
from codemix.synthetic.model.verification import verify
from codemix.synthetic.problem import Code, Problem, Sketch
from codemix.synthetic.verification import Verification

_LAYOUTS = tuple(layout for layout in LAYOUTS if layout != "function")  # a docstring does not hold a model's statement


@dataclasses.dataclass(frozen=True)
class Made:
    """What came of one prompt.

    Attributes:
        index: of the prompt.
        style: of the prompt.
        fragment: the identity of the document that it quotes.
        asked: how often the model was asked to write it: 2 where the first answer was malformed.
        answer: the model's; None where there is none that can be used.
        verification: how far it came; level 0 was not passed where there is no answer.
        rules: rule -> what the discriminator said; empty where it was not asked.
        reason: why it is dropped, "" where it is kept.
    """

    index: int
    style: str
    fragment: str
    asked: int
    answer: Answer | None
    verification: Verification
    rules: dict[str, bool] = dataclasses.field(default_factory=dict)
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class _Written:
    prompt: Prompt
    asked: int
    answer: Answer | None
    reason: str


def made(
    generator: ModelGenerator, client: Client, sandbox: Sandbox, fragments: Fragments, indices: Sequence[int]
) -> Iterator[Made]:
    """What comes of the prompts of these indices, in their order.

    Requests are sent by threads, a few ahead; the sandbox is used by the calling thread alone. Raises UserError when
    the endpoint answers nobody.
    """
    threads = ThreadPoolExecutor(generator.concurrent_requests)
    ahead = 2 * generator.concurrent_requests
    waiting = iter(indices)
    writing: deque[tuple[int, Future[_Written]]] = deque()
    judging: deque[tuple[Made, Future[dict[str, bool]] | None]] = deque()
    try:
        while True:
            while len(writing) < ahead and (index := next(waiting, None)) is not None:
                writing.append((index, threads.submit(_write, generator, client, fragments, index)))
            if writing:
                index, written = writing.popleft()
                one = _verified(generator, sandbox, index, written.result())
                asked = threads.submit(_judge, generator, client, one.answer) if one.answer and not one.reason else None
                judging.append((one, asked))
            while judging and (not writing or len(judging) > ahead or judging[0][1] is None or judging[0][1].done()):
                yield _judged(*judging.popleft())
            if not writing and not judging:
                return
    finally:
        client.stop()
        threads.shutdown(cancel_futures=True)


def as_problem(generator: ModelGenerator, one: Made) -> Problem:
    """A problem that is kept, in the form of those of our own families. Its sketch has a name and little else."""
    answer = one.answer
    assert answer is not None
    sketch = Sketch(
        name=answer.name,
        parameters=(),
        returns="",
        task=answer.problem,
        solution=Code(answer.solution, style=one.style),
        second=Code(answer.second_solution),
        sample=lambda random: (),
    )
    return Problem(
        id=f"{generator.seed}-{one.index}",
        family="model",
        sketch=sketch,
        statement=answer.problem,
        solution=answer.solution,
        second=answer.second_solution,
        tests=answer.tests,
        examples=(),
        inputs=(),
        layout=seeded(generator.seed, one.index, "layout").choice(_LAYOUTS),
        seed=generator.seed,
    )


def as_record(generator: ModelGenerator, one: Made) -> dict:
    """The record that the schema ProblemSolution reads (tests='tests', identity='id')."""
    return record(as_problem(generator, one)) | {
        "level": one.verification.passed,
        "model": generator.model,
        "fragment": one.fragment,
    }


def as_document(generator: ModelGenerator, one: Made) -> Document:
    """The problem's document. Its cluster is the fragment's, so that what quotes one is held out together."""
    problem = as_problem(generator, one)
    provenance = {"model": generator.model, "style": one.style, "fragment": one.fragment, "layout": problem.layout}
    return Document(f"model:{problem.id}", document(problem), "python", one.fragment, provenance)


def _write(generator: ModelGenerator, client: Client, fragments: Fragments, index: int) -> _Written:
    """Asks for a problem, once more where the answer is malformed. In a thread."""
    random = seeded(generator.seed, index, "prompt")
    asked = prompt(random.choice(generator.styles), *fragments.at(index), random)
    messages = asked.messages
    reason = ""
    for attempt in (1, 2):
        try:
            content, ended = client.ask(messages, generator.model, generator.temperature, random.getrandbits(31))
            return _Written(asked, attempt, parsed(content, ended), "")
        except Unanswered as error:
            return _Written(asked, attempt, None, f"no answer: {error.reason}")
        except Malformed as error:
            reason = error.reason
            messages = repair(messages, content, reason)
    return _Written(asked, 2, None, f"malformed twice: {reason.partition('(')[0].strip()}")


def _verified(generator: ModelGenerator, sandbox: Sandbox, index: int, written: _Written) -> Made:
    asked = written.prompt
    if written.answer is None:
        verification, reason = Verification(0, written.reason), written.reason
    else:
        seed = seeded(generator.seed, index, "inputs").getrandbits(31)
        verification = verify(sandbox, written.answer, seed)
        reason = f"level {verification.passed + 1}: {verification.reason}" if verification.failed else ""
    return Made(index, asked.style, asked.fragment, written.asked, written.answer, verification, reason=reason)


def _judge(generator: ModelGenerator, client: Client, answer: Answer) -> dict[str, bool]:
    """The discriminator's turn. In a thread."""
    content, _ = client.ask(question(answer), generator.discriminator or generator.model, 0.0, generator.seed)
    return verdicts(content)


def _judged(one: Made, asked: Future[dict[str, bool]] | None) -> Made:
    if asked is None:
        return one
    try:
        rules = asked.result()
    except Unanswered as error:
        return dataclasses.replace(one, reason=f"discriminator: no answer: {error.reason}")
    failed = [rule for rule, holds in rules.items() if not holds]
    return dataclasses.replace(one, rules=rules, reason=f"discriminator: not {failed[0]}" if failed else "")
