"""What gin may bind: these classes and functions, and nothing else. Their libraries know nothing of gin."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from codemix.data import filters, local
from codemix.data.audit.config import Audit, Benchmark
from codemix.data.corpora import Corpora
from codemix.data.derived import comments_only, scrambled
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.records import schemas
from codemix.data.records.files import Files
from codemix.data.records.folder import files_under
from codemix.data.records.published import Published
from codemix.data.records.records import Records
from codemix.data.records.tfds import Tfds
from codemix.data.slices import per_subset
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile, TrainedTokenizer
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.during_training import DuringTraining
from codemix.evaluation.judge.config import Judge, Judging
from codemix.evaluation.suite import Suite, SuiteTask
from codemix.launch.engines import ENGINES
from codemix.model.config import Model
from codemix.study.arm import Arm, Phase, Ramp
from codemix.study.field_types import checked
from codemix.study.noise import Noise
from codemix.study.study import Scale, Study
from codemix.synthetic.model.config import ModelGenerator
from codemix.synthetic.reader import SyntheticProblems
from codemix.training.divergence import Divergence
from codemix.training.job import Hardware
from codemix.training.optimizer import LearningRate, Optimizer

CLASSES = (
    *(Arm, Phase, Ramp, Scale, Model, Optimizer, LearningRate, Hardware, Divergence, BitsPerByte, Noise),
    *(Suite, SuiteTask, DuringTraining, Judging, Judge),
    *ENGINES.values(),
    *(Corpora, Source, TrainedTokenizer, TokenizerFile, NearDuplicates, Audit, Benchmark),
    *(local.LocalProse, local.LocalCode, local.LocalMarkup),
    *(Records, Files, Tfds, Published, SyntheticProblems, ModelGenerator),
    *(getattr(schemas, name) for name in schemas.__all__),
    *(getattr(filters, name) for name in filters.__all__ if name != "Filter"),
)


def _of_slices(make: Callable[..., Corpora]) -> Callable[..., Corpora]:
    """`make`, whose sources may also come in lists, as `per_subset` gives them."""

    @functools.wraps(make)
    def construct(*args: Any, **kwargs: Any) -> Corpora:
        if isinstance(given := kwargs.get("sources"), list | tuple):
            lists = (source if isinstance(source, list | tuple) else [source] for source in given)
            kwargs["sources"] = [source for sources in lists for source in sources]
        return make(*args, **kwargs)

    return construct


_checked = {cls: checked(cls, cls.__name__) for cls in CLASSES}
_checked[Corpora] = _of_slices(_checked[Corpora])
_made = {cls: gin.external_configurable(make, module="codemix") for cls, make in _checked.items()}
for _function in (files_under, per_subset, comments_only, scrambled):
    gin.external_configurable(checked(_function, _function.__name__), module="codemix")


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
    target_tokens: int | None = None,
    smallest_effect: float | None = None,
    noise: Noise | None = None,
    divergence: Divergence | None = None,
    suite: Suite | None = None,
    during_training: DuringTraining | None = None,
    published: str | None = None,
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
    return Study(
        *(name, title or name, declared, control, seeds, scale, corpora, hardware, evaluation, max_epochs or {}),
        target_tokens=target_tokens,
        smallest_effect=smallest_effect,
        noise=noise or Noise(),
        divergence=divergence or Divergence(),
        suite=suite,
        during_training=during_training,
        published=published,
    )


make_study = gin.external_configurable(checked(_study_of_named_arms, "Study"), module="codemix")
make_corpora = _made[Corpora]
make_suite = _made[Suite]
make_judging = _made[Judging]
make_audit = _made[Audit]
make_model_generator = _made[ModelGenerator]
make_engine = {cls: _made[cls] for cls in ENGINES.values()}
