"""A study's plan and results as data frames, and questions to them."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import codemix
from codemix.errors import UserError
from codemix.reporting.selection import Selection, selected
from codemix.store.atomic import read_json
from codemix.store.token_store import TokenStore
from codemix.study.arm import Arm
from codemix.study.folder import ITEMS, PLAN, RESULTS, study_folder
from codemix.study.plan import Plan, make_plan
from codemix.study.record import plan_record
from codemix.study.run import Request
from codemix.training.saved import saved_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from codemix.api.checkpoint import Checkpoint, Home
    from codemix.reporting.results import StudyResults
    from codemix.reporting.suite.comparison import SuiteComparison

_HOME = ".codemix"


def load_study(
    file: str | Path, home: str | Path | None = None, overrides: Sequence[str] = (), data: str | None = None
) -> "StudyView":
    """Plans a study, and finds what is there of it. Spends nothing.

    Args:
        file: its gin file, looked for in the current folder and beside codemix itself: "gin/studies/quickstart.gin".
        home: where everything is kept; by default $CODEMIX_HOME, else the folder .codemix here or in a folder above.
        overrides: bindings that the study was run with, such as "Scale.tokens=500_000".
        data: where documents, tokenizers and token stores are kept, a folder or a bucket; by default $CODEMIX_DATA, or
            the home.

    Raises:
        UserError: a file, name, field or value that is wrong, with the place and the mend.
    """
    request = Request(_found(file), tuple(overrides), _home(home), data or os.environ.get("CODEMIX_DATA"))
    plan, operative_gin = request.plan()
    return StudyView(request, plan, operative_gin)


@dataclasses.dataclass(frozen=True, eq=False)
class StudyView:
    """A study, planned, with what is there of its results.

    `ask` gives a view with another control, or of some arms, sources and seeds, and `with_arms` one with further arms;
    every property is about what its view has.

    Attributes:
        request: the file, overrides and folders that were named.
        plan: phases, ledgers and token stores.
        operative_gin: every binding that the study used.
        selection: what was asked for.
    """

    request: Request
    plan: Plan
    operative_gin: str
    selection: Selection = dataclasses.field(default_factory=Selection)

    def __repr__(self) -> str:
        done = len(self.plan.phases) - len(self.plan.missing_phases)
        arms = ", ".join(name if name != self.control else f"{name} (control)" for name in self.arms)
        seeds = f"{len(self.seeds)} seed{'s' if len(self.seeds) > 1 else ''}"
        return f"{self.plan.study.name}: {arms}; {seeds}; {done} of {len(self.plan.phases)} phases trained"

    @property
    def home(self) -> Path:
        return self.plan.home

    @property
    def folder(self) -> Path:
        """Where its results are."""
        return study_folder(self.plan)

    @property
    def control(self) -> str:
        return self.selection.control or self.plan.study.control

    @property
    def arms(self) -> list[str]:
        return self.selection.arms_of(list(self.plan.study.arms), self.control)

    @property
    def seeds(self) -> list[int]:
        return self.selection.seeds_of(list(self.plan.study.seeds))

    @cached_property
    def record(self) -> dict[str, Any]:
        """The plan as `codemix plan --json` prints it."""
        return plan_record(self.plan, self.request.command, self.operative_gin)

    # what is planned

    @cached_property
    def phases(self) -> "pd.DataFrame":
        """A row per phase and seed: key, name, arms that share it, mixture, tokens, FLOPs, chip_hours, done."""
        import pandas as pd

        columns = ["key", "arms", "seed", "name", "mixture", "steps", "tokens", "flops", "chip_hours", "done"]
        rows = [row for row in self.record["phases"] if {*row["arms"]} & {*self.arms} and row["seed"] in self.seeds]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def runs(self) -> "pd.DataFrame":
        """A row per run: arm, seed, phases (keys, in order), done."""
        import pandas as pd

        missing = {*self.plan.missing_phases}
        return pd.DataFrame(
            [
                {"arm": run.arm, "seed": run.seed, "phases": list(run.phases), "done": not missing & {*run.phases}}
                for run in self.plan.runs
                if run.arm in self.arms and run.seed in self.seeds
            ]
        )

    @cached_property
    def ledger(self) -> "pd.DataFrame":
        """A row per arm, phase and source: tokens drawn, those there are, and the epochs by the end of the phase."""
        import pandas as pd

        columns = ["arm", "phase", "source", "tokens", "available_tokens", "epochs"]
        return pd.DataFrame([row for row in self.record["ledger"] if row["arm"] in self.arms], columns=columns)

    @cached_property
    def costs(self) -> "pd.DataFrame":
        """A row per arm: tokens, FLOPs, chip-hours and dollars of all its runs, and what of it (`new_…`) no arm before
        it shares. What the hardware's file does not state is missing."""
        import pandas as pd

        rows = [
            {"arm": row["arm"], **row["alone"], **{f"new_{name}": value for name, value in row["new"].items()}}
            for row in self.record["sharing"]["arms"]
            if row["arm"] in self.arms
        ]
        return pd.DataFrame(rows)

    def mixture(self, arm: str) -> "pd.DataFrame":
        """What an arm is trained on, over its tokens.

        Returns:
            A row for each stretch of constant shares, a ramp in at most 32 of them: phase, end (the tokens after which
            it ends, counted from the arm's start), and the share of every source.
        """
        import pandas as pd

        phases = {phase["key"]: phase for phase in self.record["phases"]}
        rows, end = [], 0
        for phase in (phases[key] for key in self._keys(arm, self.plan.study.seeds[0])):
            for piece in phase["pieces"] or [phase]:
                end += piece["tokens"]
                rows.append({"phase": phase["name"], "end": end, **piece["weights"]})
        return pd.DataFrame(rows).fillna(0.0)

    def with_arms(self, arms: Mapping[str, Arm]) -> "StudyView":
        """The study with further arms: planned, not trained; `operative_gin` stays that of the file.

        Raises UserError as a gin file with them would.
        """
        study = dataclasses.replace(self.plan.study, arms={**self.plan.study.arms, **arms})
        return dataclasses.replace(self, plan=make_plan(study, self.plan.home, self.plan.data))

    # what was measured

    @cached_property
    def results(self) -> "StudyResults":
        """What the study measured, in arrays. Raises UserError where it was not run, or was run otherwise."""
        from codemix.reporting.results import load

        path = self.folder / PLAN
        if path.is_file() and read_json(path)["key"] != self.plan.key:
            raise UserError(
                f"{self.folder}: the results there are of the study with other bindings; give load_study the "
                f"overrides that it was run with, or run `codemix run {self.request.file}` again."
            )
        if not path.is_file():
            raise UserError(
                f"{self.folder}: the study was not run; run `{self.request.command} --home {self.home}` first."
            )
        return selected(load(self.folder, self.home), self.selection)

    @cached_property
    def scores(self) -> "pd.DataFrame":
        """A row per run and held-out document: arm, seed, source, document, cluster, nll (nats), bytes, tokens and
        bits_per_byte."""
        import numpy as np
        import pandas as pd

        wanted = {part.source for part in self.results.scores}
        frame = self._of_runs(pd.read_parquet(self.folder / RESULTS))
        frame = frame[frame["source"].isin(wanted)].reset_index(drop=True)
        return frame.assign(bits_per_byte=frame["nll"] / np.log(2) / frame["bytes"])

    @cached_property
    def comparison(self) -> "pd.DataFrame":
        """Every arm against the control, by source and over all of them, with intervals: the columns of
        `codemix.reporting.comparison.Row`. Holm's adjustment is over the comparisons of this view."""
        from codemix.reporting.comparison import compare

        if len(self.arms) < 2:
            raise UserError(f"comparison: '{self.control}' is compared with nothing; ask for another arm beside it.")
        return compare(self.results)

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """The training loss: arm, seed, step, tokens, loss (nats per token)."""
        import pandas as pd

        curves = self.results.curves
        return pd.concat(
            [frame.assign(arm=arm, seed=seed) for (arm, seed), frame in curves.items()], ignore_index=True
        )[["arm", "seed", "step", "tokens", "loss"]]

    @cached_property
    def items(self) -> "pd.DataFrame":
        """The suite's items, a row per run and item, with the columns of `codemix.evaluation.items` and arm, seed and
        category. Raises UserError where the study has no suite."""
        import pandas as pd

        if not (self.folder / ITEMS).is_file():
            raise UserError(f"{self.folder / ITEMS}: no benchmarks were scored; bind Study.suite, and run the study.")
        return self._of_runs(pd.read_parquet(self.folder / ITEMS))

    @cached_property
    def suite(self) -> "SuiteComparison":
        """The benchmarks, every arm against the control, as frames with intervals: `tasks`, `means` and what else
        `codemix.reporting.suite.comparison.SuiteComparison` has. Raises UserError where the study has no suite."""
        from codemix.reporting.suite.comparison import compare_suite

        if self.results.suite is None:
            raise UserError(f"{self.folder}: no benchmarks were scored; bind Study.suite, and run the study.")
        return compare_suite(self.results.suite, self.results.arms, self.control)

    @cached_property
    def audit(self) -> "pd.DataFrame | None":
        """What of the benchmarks is in the training documents; None where nothing was audited."""
        return self.results.audit

    def figure(self, name: str) -> "Figure":
        """A figure of the report: "comparison", "loss", "ledger" or "dag"."""
        from codemix.reporting import dag, figures, style

        theme = style.THEMES[0]
        drawers = {
            "comparison": lambda: figures.comparison_figure(self.results, self.comparison, theme, narrow=False),
            "loss": lambda: figures.loss_figure(self.results, theme, narrow=False),
            "ledger": lambda: figures.ledger_figure(self.results, theme, narrow=False),
            "dag": lambda: dag.dag_figure(self.record, theme, narrow=False),
        }
        if name not in drawers:
            raise UserError(f"figure '{name}' is not one of the report's; there are {', '.join(drawers)}.")
        with style.applied(theme):
            return drawers[name]()

    def ask(
        self,
        *,
        control: str | None = None,
        arms: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> "StudyView":
        """The same results for another question.

        Args:
            control: the arm that the others are compared with.
            arms: those to compare with it; by default those that this view has.
            sources: held-out sources that count; by default those that this view has.
            seeds: by default those that this view has.

        Raises:
            UserError: a name that the study does not have.
        """
        given: dict[str, Any] = {"control": control, "arms": arms, "sources": sources, "seeds": seeds}
        said = {name: value for name, value in given.items() if value is not None}
        study, selection = self.plan.study, dataclasses.replace(self.selection, **said)
        selection.check(list(study.arms), list(study.evaluation.sources), list(study.seeds))
        return dataclasses.replace(self, selection=selection)

    # what was trained

    @cached_property
    def checkpoints(self) -> "pd.DataFrame":
        """A row per run and saved step: arm, seed, phase, key, step and tokens, both counted from the arm's start."""
        import pandas as pd

        tokens = self.plan.study.scale.tokens_per_step
        rows = [
            {
                "arm": run["arm"],
                "seed": run["seed"],
                "phase": self.plan.phases[key].name,
                "key": key,
                "step": step,
                "tokens": step * tokens,
            }
            for run in self.runs.to_dict("records")
            for key in run["phases"]
            for step in saved_steps(self.home, key)
        ]
        return pd.DataFrame(rows, columns=["arm", "seed", "phase", "key", "step", "tokens"])

    def checkpoint(self, arm: str, seed: int | None = None, step: int | None = None) -> "Checkpoint":
        """A state of a run.

        Args:
            arm: its arm.
            seed: its seed; by default the study's first.
            step: counted from the arm's start; by default the last. 0 is what it began with: the initialisation, or an
                imported model.

        Raises:
            UserError: there is no such run, or nothing was saved of it at that step.
        """
        seed = self.seeds[0] if seed is None else seed
        jobs = [self.plan.phases[key].job for key in self._keys(arm, seed)]
        opened = self._opened()
        if step == 0:
            return opened.initial(jobs[0])
        saved = {s: job for job in reversed(jobs) for s in saved_steps(self.home, job.key)}
        if step is not None and step not in saved:
            steps = ", ".join(map(str, [0, *sorted(saved)]))
            raise UserError(f"step {step} of {arm} at seed {seed} was not saved; there are {steps}.")
        job = jobs[-1] if step is None else saved[step]
        return opened.at(job.key, job.last_step if step is None else step, job.label)

    def trunk(self, first: str, second: str, seed: int | None = None) -> "Checkpoint":
        """The state at which two arms part: the end of the last phase that they share, or what both began with.

        Raises UserError where they began with different models.
        """
        seed = self.seeds[0] if seed is None else seed
        shared = [a for a, b in zip(self._keys(first, seed), self._keys(second, seed), strict=False) if a == b]
        starts = {self.plan.study.arms[arm].start for arm in (first, second)}
        if len(starts) > 1:
            raise UserError(
                f"trunk: {first} and {second} begin with different models (Arm.start); they share no state."
            )
        step = self.plan.phases[shared[-1]].job.last_step if shared else 0
        return self.checkpoint(first, seed, step)

    def _opened(self) -> "Home":
        from codemix.api.checkpoint import Home

        stores = {source: TokenStore(path) for source, path in self.plan.stores.items()}
        study = self.plan.study
        return Home(self.home, stores, study.corpora.tokenizer_eos(), compute=study.hardware.compute)

    def _keys(self, arm: str, seed: int) -> tuple[str, ...]:
        for run in self.plan.runs:
            if (run.arm, run.seed) == (arm, seed):
                return run.phases
        raise UserError(
            f"there is no run of arm '{arm}' at seed {seed}; the arms are {', '.join(self.plan.study.arms)}, the seeds "
            f"{', '.join(map(str, self.plan.study.seeds))}."
        )

    def _of_runs(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        wanted = frame["arm"].isin(self.arms) & frame["seed"].isin(self.seeds)
        return frame[wanted].reset_index(drop=True)


def _found(file: str | Path) -> Path:
    """The file as it was named, or the one of that name beside codemix."""
    path = Path(file)
    beside = Path(codemix.__file__).parents[1] / path
    return beside if not path.is_file() and beside.is_file() else path


def _home(home: str | Path | None) -> Path:
    if named := home or os.environ.get("CODEMIX_HOME"):
        if "://" in str(named):
            raise UserError(
                f"home {named}: a study is read from a folder, not from a bucket; copy its studies and phases here, or "
                "open its checkpoints with open_checkpoint."
            )
        return Path(named)
    here = Path.cwd()
    return next((folder / _HOME for folder in (here, *here.parents) if (folder / _HOME).is_dir()), Path(_HOME))
