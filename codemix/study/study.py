"""The study: arms compared with a control, at a scale, on a corpora profile, over seeds."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from codemix.data.corpora import Corpora
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.during_training import DuringTraining
from codemix.evaluation.suite import Suite
from codemix.model.config import Model
from codemix.reporting.suite.published import check_published
from codemix.study.arm import Arm
from codemix.study.noise import Noise
from codemix.training.divergence import Divergence
from codemix.training.job import Hardware
from codemix.training.optimizer import LearningRate, Optimizer


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much: the model, the token budget of an arm, the batch, the optimizer and its learning rate."""

    name: str
    model: Model
    optimizer: Optimizer
    learning_rate: LearningRate
    tokens: int
    batch_rows: int

    def __post_init__(self) -> None:
        if self.batch_rows < 1:
            raise UserError(f"Scale.batch_rows is {self.batch_rows}; give a whole number ≥ 1.")
        if self.tokens < self.tokens_per_step:
            raise UserError(
                f"Scale.tokens {self.tokens} is less than one step's {self.tokens_per_step} "
                "(Scale.batch_rows × Model.context); raise Scale.tokens."
            )

    @property
    def tokens_per_step(self) -> int:
        return self.batch_rows * self.model.context


@dataclasses.dataclass(frozen=True)
class Study:
    """What is asked, and everything it takes to answer.

    Attributes:
        name: of its folder.
        title: the question, for the report.
        arms: name -> arm, in the report's order.
        control: the arm that the others are compared with.
        seeds: one run of every arm for each.
        max_epochs: source -> how often its tokens may be drawn; 1 where nothing is said.
        target_tokens: the `Scale.tokens` of a larger run whose repetition this one simulates: every source is cut to
            the share `Scale.tokens` / `target_tokens` of its size (`Source.expected_tokens`, else what is counted), so
            that an arm passes over it as often as that run would over all of it.
        smallest_effect: the relative change in bits per byte that matters: 0.01 is one percent.
        noise: what the plan expects of seeds and documents.
        divergence: what is done about steps that throw the training off.
        suite: the benchmarks that the last checkpoint of every run is scored on.
        during_training: what is scored while phases are trained.
        published: the paper's figures that the report shows in a column of their own, beside arms of the same names:
            'paper_470m' or 'paper_2b8'; None for none.
    """

    name: str
    title: str
    arms: Mapping[str, Arm]
    control: str
    seeds: Sequence[int]
    scale: Scale
    corpora: Corpora
    hardware: Hardware
    evaluation: BitsPerByte
    max_epochs: Mapping[str, float] = dataclasses.field(default_factory=dict)
    target_tokens: int | None = None
    smallest_effect: float | None = None
    noise: Noise = dataclasses.field(default_factory=Noise)
    divergence: Divergence = dataclasses.field(default_factory=Divergence)
    suite: Suite | None = None
    during_training: DuringTraining | None = None
    published: str | None = None

    def __post_init__(self) -> None:
        if self.control not in self.arms:
            raise UserError(
                f"Study.control '{self.control}' is not one of Study.arms ({', '.join(self.arms)}); name one."
            )
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"Study.seeds is {list(self.seeds)}; give at least one seed, and none twice.")
        if any(not isinstance(seed, int) or seed < 0 for seed in self.seeds):
            raise UserError(f"Study.seeds is {list(self.seeds)}; give whole numbers ≥ 0.")
        if self.target_tokens is not None and self.target_tokens < self.scale.tokens:
            raise UserError(
                f"Study.target_tokens is {self.target_tokens:,}, less than Scale.tokens {self.scale.tokens:,}; give "
                "the tokens of the larger run that is simulated, or None."
            )
        if self.smallest_effect is not None and not self.smallest_effect > 0:
            raise UserError(
                f"Study.smallest_effect is {self.smallest_effect}; give a relative change above 0, such as 0.01, or "
                "None."
            )
        if self.published is not None:
            check_published(self.published)
        known = set(self.corpora.tasks)
        named: list[tuple[str, Iterable[str]]] = [
            ("Study.max_epochs", self.max_epochs),
            ("BitsPerByte.sources", self.evaluation.sources),
            *((f"arm '{name}', Arm.portions", arm.portions) for name, arm in self.arms.items()),
        ]
        for field, sources in named:
            for source in sources:
                if source not in known:
                    raise UserError(
                        f"{field}: there is no task '{source}'; the corpora profile has {', '.join(sorted(known))}."
                    )
