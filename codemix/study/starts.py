"""Imported models, from which arms start (`Arm.start`): whether they are there, and fit the study."""

from pathlib import Path

from codemix.data.tokenizer import TokenizerFile, file_digest
from codemix.errors import UserError
from codemix.store.atomic import read_json
from codemix.store.fingerprint import fingerprint
from codemix.store.paths import local_copy
from codemix.study.plan import Plan
from codemix.training.job import DONE, is_done, phase_folder

FITS = "fits"  # of an imported model's phase.json: what a study must have to start from it


def check_starts(plan: Plan) -> None:
    """Raises UserError where an arm starts from what is no imported model, or one imported for another study's model,
    tokenizer or policy for bad steps."""
    for name, arm in plan.study.arms.items():
        if arm.start is None:
            continue
        mend = "`codemix import STUDY --from FOLDER` prints the key of what it reads."
        if not is_done(plan.home, arm.start):
            raise UserError(f"arm '{name}', Arm.start: {plan.home} has no imported model '{arm.start}'; {mend}")
        fits = read_json(phase_folder(plan.home, arm.start) / DONE).get(FITS)
        if fits is None:
            raise UserError(
                f"arm '{name}', Arm.start: '{arm.start}' is a phase that was trained, and no imported model; {mend}"
            )
        if tokenizer_file(plan).exists() and fits != what_fits(plan):
            raise UserError(
                f"arm '{name}', Arm.start: '{arm.start}' was imported for another Scale.model, Corpora.tokenizer or "
                f"Study.divergence than this study has; import it again, {mend}"
            )


def tokenizer_file(plan: Plan) -> Path:
    """The study's tokenizer: the file that is given, or where it will be once it is trained."""
    tokenizer = plan.study.corpora.tokenizer
    if isinstance(tokenizer, TokenizerFile):
        return Path(tokenizer.path)
    return local_copy(path) if (path := plan.study.corpora.tokenizer_path(plan.data)).exists() else path


def what_fits(plan: Plan) -> str:
    """Of all that a checkpoint's state depends on, and of the tokenizer, which must be there."""
    divergence = plan.study.divergence
    window = None if divergence.policy == "stop" else divergence.window
    return fingerprint([plan.study.scale.model, window, file_digest(tokenizer_file(plan))])
