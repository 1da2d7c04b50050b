"""What is scored while phases are trained."""

import dataclasses

from codemix.errors import UserError
from codemix.evaluation.suite import Suite


@dataclasses.dataclass(frozen=True)
class DuringTraining:
    """Scoring between two steps, on the devices that train; the state is saved first. It alters no state and no key.

    Attributes:
        every_tokens: after so many tokens of an arm, down to whole steps.
        suite: a cheap one; None scores no benchmark.
        documents: of each source of `Study.evaluation`, held-out documents that are scored; 0 for none.
    """

    every_tokens: int
    suite: Suite | None = None
    documents: int = 0

    def __post_init__(self) -> None:
        if self.every_tokens < 1 or self.documents < 0:
            raise UserError(
                "DuringTraining needs every_tokens ≥ 1 and documents ≥ 0; "
                f"it has {self.every_tokens} and {self.documents}."
            )
        if self.suite is None and not self.documents:
            raise UserError(
                "DuringTraining scores nothing; give DuringTraining.suite, or DuringTraining.documents above 0."
            )

    def every_steps(self, tokens_per_step: int) -> int:
        return max(1, self.every_tokens // tokens_per_step)
