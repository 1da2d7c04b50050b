"""The harness's interface: texts to ids as the harness makes them, and what comes back for texts."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.api.registry import get_model
from small_model import CONFIG, small_model

from codemix.evaluation.generation import Sampling
from codemix.evaluation.harness.lm import CodemixLM, encode_pairs
from codemix.evaluation.journal import Journal
from codemix.evaluation.loglikelihood import Request, log_likelihoods
from codemix.evaluation.model import ScoredModel


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ScoredModel:
    return small_model(tmp_path_factory.mktemp("model"))


class Harness(TemplateLM):
    """The harness's own cutting, for a tokenizer that puts the end of document before every text."""

    def __init__(self, model: ScoredModel):
        super().__init__()
        self._model = model
        self.found: list[tuple[list[int], list[int]]] = []

    @property
    def eot_token_id(self) -> int:
        return self._model.tokenizer.eos

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **kwargs: Any) -> list[int]:
        return [self.eot_token_id] * (add_special_tokens is not False) + self._model.encode(string)

    def _loglikelihood_tokens(self, requests: list[Any], **kwargs: Any) -> list[tuple[float, bool]]:
        self.found = [(context, continuation) for _, context, continuation in requests]
        return [(0.0, False)] * len(requests)

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        raise NotImplementedError

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        raise NotImplementedError


def asked(kind: Any, *arguments: tuple[Any, ...]) -> list[Instance]:
    return [Instance(kind, {}, each, 0, ("task", number, 1)) for number, each in enumerate(arguments)]


TEXT = st.text(alphabet="ab of the\n\tGrößÜ✓ 12,", max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT.filter(bool)), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_pairs_are_cut_as_the_harness_cuts_them(model: ScoredModel, pairs: list[tuple[str, str]]) -> None:
    """Empty contexts, contexts that end in spaces, tokens that span both."""
    harness = Harness(model)
    harness.loglikelihood(asked("loglikelihood", *pairs), disable_tqdm=True)
    for (context, continuation), theirs in zip(encode_pairs(model, pairs), harness.found, strict=True):
        if theirs[1]:
            assert (list(context), list(continuation)) == theirs
        else:  # the harness stops at what one token has taken up
            assert list(context) == theirs[0]
            assert continuation


def test_a_token_that_takes_up_the_continuation(model: ScoredModel) -> None:
    """'a' + 'b' is one token; the continuation is then scored as it is encoded alone."""
    assert len(model.encode("ab")) == len(model.encode("a")) == 1
    apart = (model.tokenizer.eos, *model.encode("a")), tuple(model.encode("b"))
    assert encode_pairs(model, [("a", "b")]) == [apart]
    ((log_p, _),) = CodemixLM(model).loglikelihood(asked("loglikelihood", ("a", "b")))
    assert np.isfinite(log_p)
    assert log_p < 0


def test_the_chain_rule_over_texts(model: ScoredModel) -> None:
    """log p of a text is that of its start and of its rest, for cuts where no token spans both."""
    lm = CodemixLM(model)
    text = "of the river ✓"
    (whole,) = lm.loglikelihood_rolling(asked("loglikelihood_rolling", (text,)))
    ids = model.encode(text)
    cuts = [text[: len(model.tokenizer.decode(ids[:n]))] for n in range(1, len(ids))]
    cuts = [cut for cut in cuts if text.startswith(cut) and cut == cut.rstrip() and cut != text]
    assert len(cuts) >= 2
    for cut in cuts:
        assert model.encode(cut) == ids[: len(model.encode(cut))]
        parts = lm.loglikelihood(asked("loglikelihood", ("", cut), (cut, text[len(cut) :])))
        assert sum(log_p for log_p, _ in parts) == pytest.approx(whole, abs=1e-4)


def test_rolling_over_more_than_the_context(model: ScoredModel) -> None:
    """Every token once: windows one after another, the last with the whole context before its end."""
    text = "the garden of the river is 12,345 " * 30
    ids = [model.tokenizer.eos, *model.encode(text)]
    assert len(ids) > 2.5 * CONFIG.context
    (found,) = CodemixLM(model).loglikelihood_rolling(asked("loglikelihood_rolling", (text,)))
    expected, done = 0.0, 0
    while done < len(ids) - 1:
        end = min(len(ids) - 1, done + CONFIG.context)
        start = max(0, end - CONFIG.context)
        request = Request(0, tuple(ids[start : done + 1]), tuple(ids[done + 1 : end + 1]))
        expected += log_likelihoods(model, [request], 4, Journal())[0].log_p
        done = end
    assert found == pytest.approx(expected, abs=2e-3)


def test_answers_end_at_their_stop_strings(model: ScoredModel) -> None:
    lm = CodemixLM(model, batch_rows=2, max_tokens=24)
    stops = ["\n", "?"]
    settings = {"until": stops, "do_sample": False, "temperature": 0.0}
    contexts = ["The river", "of", "Größe und", ""]
    answers = lm.generate_until(asked("generate_until", *((context, settings) for context in contexts)))
    alone = [lm.generate_until(asked("generate_until", (context, settings)))[0] for context in contexts]
    assert answers == alone
    assert not any(stop in answer for stop, answer in itertools.product(stops, answers))
    free = lm.generate_until(asked("generate_until", *((c, {"until": [], "max_gen_toks": 8}) for c in contexts)))
    assert all(a.startswith(b) or b.startswith(a) for a, b in zip(answers, free, strict=True))


@pytest.mark.parametrize(
    ("given_settings", "expected"),
    [
        ({"until": "x", "do_sample": False, "temperature": 0.7}, Sampling(24, stop=("x",))),
        ({"until": ["x", ""], "max_gen_toks": 5}, Sampling(5, stop=("x",))),
        ({"temperature": 0.5, "top_p": 0.9, "do_sample": True}, Sampling(24, temperature=0.5, top_p=0.9)),
        ({"max_tokens": 4000}, Sampling(CONFIG.context // 2)),
    ],
)
def test_settings_of_generations(model: ScoredModel, given_settings: dict[str, Any], expected: Sampling) -> None:
    assert CodemixLM(model, max_tokens=24)._sampling(given_settings) == expected


def test_the_harness_knows_it_by_name() -> None:
    assert get_model("codemix") is CodemixLM


def test_equal_to_the_hugging_face_backend(tmp_path: Path) -> None:
    """On the exported model, whose tokenizer puts the end of document before every text: contexts that are empty, end
    in spaces, or are too long; and greedy answers."""
    pytest.importorskip("accelerate", reason="the harness's Hugging Face backend needs it")
    pytest.importorskip("torch")
    from flax import nnx
    from lm_eval.models.huggingface import HFLM

    from codemix.data.tokenizer_loading import load_tokenizer
    from codemix.interchange.folder import write_folder

    model = small_model(tmp_path)
    parameters = {".".join(map(str, name)): variable[...] for name, variable in nnx.to_flat_state(model.params)}
    tokenizer = load_tokenizer(tmp_path / "tokenizer.json")
    write_folder(
        tmp_path / "exported", CONFIG, parameters, tokenizer.vocab_size, tokenizer.eos, tmp_path / "tokenizer.json", {}
    )
    peer = HFLM(pretrained=str(tmp_path / "exported"), device="cpu", dtype="float32", batch_size=4)
    ours = CodemixLM(model, batch_rows=4)

    random = np.random.default_rng()
    letters = list("ab of the\nGrößÜ✓ 12,")
    pairs = []
    for length in (0, 0, 3, 8, 8, 30, 30, 60, 300):
        context = "".join(random.choice(letters, length)) + " " * int(random.integers(2))
        pairs += [(context.strip() and context, " " + "".join(random.choice(letters, 6))) for _ in range(3)]
    requests = asked("loglikelihood", *pairs)
    for mine, theirs in zip(ours.loglikelihood(requests), peer.loglikelihood(requests, disable_tqdm=True), strict=True):
        assert mine[0] == pytest.approx(theirs[0], abs=1e-3)
        assert mine[1] == theirs[1]

    settings = {"until": ["\n"], "do_sample": False, "max_gen_toks": 12}
    prompts = asked("generate_until", *((context, dict(settings)) for context, _ in pairs[::3]))
    assert ours.generate_until(prompts) == peer.generate_until(prompts, disable_tqdm=True)
