"""What gin may bind: these classes, and nothing else. The libraries that define them know nothing of gin."""

from collections.abc import Mapping, Sequence

import gin

from codemix.data import filters, local
from codemix.data.corpora import Corpora
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile, TrainedTokenizer
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.model.config import Model
from codemix.study.arm import Arm, Phase
from codemix.study.field_types import checked
from codemix.study.study import Scale, Study
from codemix.training.job import Hardware
from codemix.training.optimizer import LearningRate, Optimizer

CLASSES = (
    *(Arm, Phase, Scale, Model, Optimizer, LearningRate, Hardware, BitsPerByte),
    *(Corpora, Source, TrainedTokenizer, TokenizerFile),
    *(local.LocalProse, local.LocalCode, local.LocalMarkup),
    *(filters.SizeBetween, filters.LineLength, filters.LetterShare, filters.HandWritten, filters.RepeatedLines),
)
_made = {cls: gin.external_configurable(checked(cls, cls.__name__), module="codemix") for cls in CLASSES}


def _study_of_named_arms(
    arms: Sequence[str],
    control: str,
    seeds: Sequence[int],
    scale: Scale,
    corpora: Corpora,
    hardware: Hardware,
    evaluation: BitsPerByte,
    name: str,
    title: str = "",
    max_epochs: Mapping[str, float] | None = None,
) -> Study:
    """A study whose arms are given by name: each is the gin scope in which its file binds `Arm.phases`."""
    declared = {}
    for arm in arms:
        try:
            gin.query_parameter(f"{arm}/Arm.phases")
        except ValueError:
            raise UserError(
                f"Study.arms names '{arm}', and no included file binds {arm}/Arm.phases; "
                f"include 'gin/arms/{arm}.gin', or correct the name."
            ) from None
        with gin.config_scope(arm):
            declared[arm] = _made[Arm]()
    return Study(name, title or name, declared, control, seeds, scale, corpora, hardware, evaluation, max_epochs or {})


make_study = gin.external_configurable(checked(_study_of_named_arms, "Study"), module="codemix")
