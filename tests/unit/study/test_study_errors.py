"""What a user gets wrong in gin is told in one sentence: where, which field, and the mend."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codemix.errors import UserError
from codemix.study.plan import Plan
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]

# An override, and what the sentence says after naming it. The last words are the mend.
OVERRIDES = [
    # names
    ("Study.arms=['text_olny']", "Study.arms names 'text_olny', .* include 'gin/arms/text_olny.gin', or correct the"),
    ("Study.control=nobody", r"Study.control 'nobody' is not one of Study.arms \(text_only, .*\); name one"),
    ("Modle.width=32", "No configurable matching 'Modle'; did you mean Model"),
    ("Model.widht=32", "doesn't have a parameter named 'widht'; did you mean width"),
    ("Scale.model=@Modell()", r"No configurable matching reference '@Modell\(\)'; did you mean Model"),
    ("text_only/init/Phase.mixture=txt", "no task or mixture 'txt'; the corpora profile has code, code_"),
    ("Study.max_epochs={'txt': 2}", "Study.max_epochs: there is no task 'txt'; the corpora profile has markup, synt"),
    ("BitsPerByte.sources=['txt']", "BitsPerByte.sources: there is no task 'txt'; the corpora profile has"),
    ("Hardware.mesh={'date': 1}", "Hardware.mesh is {'date': 1}; give {'data', 'fsdp' or 'tensor': a whole number}"),
    # values
    ("text_only/init/Phase.mixture={'text': -1}", "Phase.mixture: the weight of 'text' is -1; give a number ≥ 0"),
    ("text_only/init/Phase.mixture={'text': 0}", "Phase.mixture: the weights sum to zero; give at least one source"),
    ("text_only/init/Phase.mixture={}", "Phase.mixture of 'init' is empty; name a mixture, or give weights"),
    ("text_only/init/Phase.mixture=[(0.5, 'text')]", "is a schedule of shares 0.5; give shares above 0 that sum to 1"),
    ("text_only/init/Phase.mixture=[(2, 'text'), (-1, 'code')]", "schedule of shares 2, -1; give shares above 0"),
    ("text_only/init/Phase.share=-0.5", "Phase.share of 'init' is -0.5; give its share of the budget, a number above"),
    (
        "text_only/Arm.portions={'text': 2}",
        "Arm.portions of 'text' is 2; give the share of its rows that the arm may rea",
    ),
    (
        "text_only/Arm.portions={'txt': 0.5}",
        "arm 'text_only', Arm.portions: there is no task 'txt'; the corpora profile",
    ),
    ("text_only/init/Phase.share=0", "Phase.share of 'init' is 0; give its share of the budget, a number above 0"),
    ("text_only/Arm.budget=2", "Arm.phases have shares that sum to 1, and Arm.budget is 2; make them equal"),
    ("Corpora.mixtures={'code': {'markup': 0}}", "mixture 'code': the weights sum to zero; give at least one source"),
    ("Study.seeds=[]", r"Study.seeds is \[\]; give at least one seed, and none twice"),
    ("Study.seeds=[1, 1]", r"Study.seeds is \[1, 1\]; give at least one seed, and none twice"),
    ("Study.seeds=[-1]", r"Study.seeds is \[-1\]; give whole numbers ≥ 0"),
    ("Scale.tokens=10", r"Scale.tokens 10 is less than one step's \d+ .*; raise Scale.tokens"),
    ("Scale.batch_rows=0", "Scale.batch_rows is 0; give a whole number ≥ 1"),
    (
        "Model.heads=5",
        r"Model.width \d+ does not divide into 5 heads of an even size; change Model.width or Model.heads",
    ),
    ("LearningRate.shape=cosin", "LearningRate.shape is 'cosin'; give 'cosine', 'wsd', 'linear' or"),
    ("LearningRate.peak=-1.0", "LearningRate needs peak > 0"),
    (
        "LearningRate.peak=previous",
        "LearningRate.peak is 'previous' with over='arm'.*; give a number, or 'previous' with",
    ),
    ("LearningRate.peak=before", "LearningRate.peak is 'before'; give a number or 'previous'"),
    (
        "Study.target_tokens=10",
        "Study.target_tokens is 10, less than Scale.tokens .*; give the tokens of the larger run",
    ),
    (
        "Study.smallest_effect=-0.1",
        "Study.smallest_effect is -0.1; give a relative change above 0, such as 0.01, or None",
    ),
    ("Hardware.price=0", "Hardware.price is 0; give a number above 0, or None where it is not known"),
    ("Hardware.compute=float8", "Hardware.compute is 'float8'; give 'float32' or 'bfloat16'"),
    ("Hardware.checkpoint_steps=0", "Hardware.checkpoint_steps must be at least 1 .* change them"),
    ("BitsPerByte.stride=0", "BitsPerByte needs documents ≥ 1, batch_rows ≥ 1 and stride above 0 up to 1"),
    # types
    ("Scale.tokens=many", "Scale.tokens is 'many'; give a whole number"),
    ("Scale.tokens=1e6", "Scale.tokens is 1000000.0; give a whole number"),
    ("Scale.tokens=None", "Scale.tokens is None; give a whole number"),
    ("Study.seeds=3", r"Study.seeds is 3; give a list \[a whole number, …\]"),
    ("Study.seeds=[0.5]", r"Study.seeds is \[0.5\]; give a list \[a whole number, …\]"),
    ("Study.arms=text_only", r"Study.arms is 'text_only'; give a list \[a string, …\]"),
    ("text_only/init/Phase.mixture=5", "Phase.mixture is 5; give a string, {a string: a number}, a ref"),
    ("text_only/init/Phase.mixture={'text': 'a'}", "Phase.mixture is {'text': 'a'}; give a string, {a string: a num"),
    ("text_only/init/Phase.mixture=None", "Phase.mixture is None; give a string"),
    ("text_only/init/Phase.share=None", "Phase.share is None; give a number"),
    ("text_only/init/Phase.learning_rate=3e-4", r"give a reference to a LearningRate, written @LearningRate\(\)"),
    ("Model.width=None", "Model.width is None; give a whole number"),
    ("Model.width=True", "Model.width is True; give a whole number"),
    ("Model.logit_scale=1e999", "Model.logit_scale is inf; give a number"),
    ("Scale.model=@Model", r"Scale.model is @Model; give a reference to a Model, written @Model\(\)"),
    ("Corpora.sources=[@LocalProse()]", r"give a list \[a reference to a Source, written @Source\(\), …\]"),
    ("text/Source.reader=folder", "Source.reader is 'folder'; give a reference to a Reader"),
    ("Hardware.mesh=4", "Hardware.mesh is 4; give {'data', 'fsdp' or 'tensor': a whole number}"),
    # form
    ("Scale.tokens", "an override has the form --gin.Class.field=value, or --gin.MACRO=value; write it so"),
    ("Scale.tokens=", "an override has the form --gin.Class.field=value, or --gin.MACRO=value; write it so"),
    ("tokens=3", "an override has the form --gin.Class.field=value, or --gin.MACRO=value; write it so"),
    ("Scale.tokens=(1", "this is not gin's syntax, a line is Class.field = value and strings are in quotes; correct"),
    ("text_onyl/Arm.budget=1.0", "nothing in the study reads it; it reads .*text_only/Arm, correct the name"),
    ("TokenizerFile.eos=end", "nothing in the study reads it; it has no TokenizerFile, remove it"),
]


def assert_one_sentence(sentence: str) -> None:
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert sentence.endswith((".", "?"))
    assert not sentence.endswith("..")


@pytest.mark.parametrize(("override", "says"), OVERRIDES, ids=[override for override, _ in OVERRIDES])
def test_a_wrong_override_is_told_by_its_flag(plan_with: Callable[..., Plan], override: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as told:
        plan_with(override)
    assert_one_sentence(str(told.value))
    assert str(told.value).startswith(f"--gin.{override}: ")


# The file, a line of it, what stands there instead, and what the sentence says. Its place is the file and the line.
FILES = [
    ("arms/text_only.gin", "text_only/init/Phase.mixture = 'text'", "{'text': -1}", "weight of 'text' is -1; give a"),
    ("arms/text_only.gin", "text_only/continued/Phase.mixture = 'text'", "'txt'", "no task or mixture 'txt'"),
    ("arms/text_only.gin", "text_only/init/Phase.share = 0.5", "'half'", "Phase.share is 'half'; give a number"),
    ("arms/code_to_text.gin", "code_to_text/init/Phase.mixture = 'code'", "{'code': 0}", "the weights sum to zero"),
    ("scales/cpu_tiny.gin", "Model.layers = 2", "'two'", "Model.layers is 'two'; give a whole number"),
    ("scales/cpu_tiny.gin", "LearningRate.shape = 'wsd'", "'wds'", "LearningRate.shape is 'wds'; give 'cosine'"),
    ("corpora/local.gin", "markup/Source.family = 'markup'", "'markdown'", "family is 'markdown'; give one of text, "),
    ("questions/initialisation.gin", "Study.control = 'text_only'", "'nobody'", "Study.control 'nobody' is not one of"),
    ("hardware/cpu.gin", "Hardware.checkpoint_steps = ", "0 #", "Hardware.checkpoint_steps must be at least 1"),
]


@pytest.fixture
def own_gin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the gin files, as the current one."""
    shutil.copytree(ROOT / "gin", tmp_path / "gin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan_of(file: str) -> None:
    Request(Path(file), (), Path("home")).plan()


@pytest.mark.parametrize(("file", "line", "value", "says"), FILES, ids=[f"{f}: {v}" for f, _, v, _ in FILES])
def test_a_wrong_file_is_told_by_its_line(own_gin: Path, file: str, line: str, value: str, says: str) -> None:
    path = own_gin / "gin" / file
    lines = path.read_text().splitlines()
    number = next(i for i, there in enumerate(lines) if there.startswith(line))
    lines[number] = f"{line.partition('=')[0]}= {value}"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match=says) as told:
        plan_of("gin/studies/quickstart.gin")
    assert_one_sentence(str(told.value))
    assert str(told.value).startswith(f"gin/{file}:{number + 1}: ")


def test_a_cooldown_with_no_phase_before_it_is_told_by_its_arms_line(own_gin: Path) -> None:
    file = own_gin / "gin/studies/quickstart.gin"
    lines = [
        "text_only/Arm.phases = [@alone/Phase()]",
        "alone/Phase.name = 'cooldown'",
        "alone/Phase.share = 1",
        "alone/Phase.mixture = 'text'",
        "alone/Phase.learning_rate = @alone/LearningRate()",
        "alone/LearningRate.peak = 'previous'",
        "alone/LearningRate.shape = 'linear'",
        "alone/LearningRate.over = 'phase'",
        "alone/LearningRate.warmup_tokens = 0",
    ]
    text = file.read_text()
    file.write_text("\n".join([text.rstrip("\n"), *lines]) + "\n")
    place = (
        rf"^gin/studies/quickstart.gin:{len(text.splitlines()) + 1}: arm 'text_only', phase 'cooldown': its Phase.lea"
    )
    with pytest.raises(UserError, match=place) as told:
        plan_of("gin/studies/quickstart.gin")
    assert_one_sentence(str(told.value))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Modle.width = 3", r"quickstart.gin:\d+: No configurable matching 'Modle'; did you mean Model"),
        ("Model.widht = 3", r"quickstart.gin:\d+: Configurable 'Model' doesn't .* 'widht'; did you mean width"),
        ("Scale.tokens = many", r"quickstart.gin:\d+: this is not gin's syntax, .* strings are in quotes; correct it"),
        ("Scale.tokens = (3", r"quickstart.gin:?\d*: this is not gin's syntax"),
        ("include 'gin/arms/nowhere.gin'", "quickstart.gin.*nowhere.gin"),
    ],
)
def test_a_line_that_gin_cannot_read_is_told(own_gin: Path, line: str, says: str) -> None:
    file = own_gin / "gin/studies/quickstart.gin"
    file.write_text(f"{file.read_text()}\n{line}\n")
    with pytest.raises(UserError, match=says) as told:
        plan_of("gin/studies/quickstart.gin")
    assert_one_sentence(str(told.value))


def test_a_field_without_value_is_told(own_gin: Path) -> None:
    file = own_gin / "gin/scales/cpu_tiny.gin"
    file.write_text(file.read_text().replace("Model.layers = 2\n", "").replace("Scale.tokens = 1", "# 1"))
    with pytest.raises(UserError, match=r"(Model.layers|Scale.tokens) has no value; bind it in the study's gin files"):
        plan_of("gin/studies/quickstart.gin")


def test_an_unknown_study_is_told() -> None:
    with pytest.raises(UserError, match=r"gin/studies/nowhere.gin: there is no such gin file; give one of gin/stud"):
        plan_of("gin/studies/nowhere.gin")
