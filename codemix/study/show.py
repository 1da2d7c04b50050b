"""The plan in tables that a person can read."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from codemix.store.token_store import TokenStore, is_complete
from codemix.study.plan import Plan, PlannedPhase
from codemix.training.job import is_done


def show_plan(plan: Plan, console: Console) -> None:
    """Prints the phase DAG, the ledger, the costs and what is missing."""
    study = plan.study
    console.print(
        f"[bold]{study.name}[/bold]: {study.title}\n{len(study.arms)} arms × {len(study.seeds)} seeds at scale "
        f"[bold]{study.scale.name}[/bold] on corpora [bold]{study.corpora.name}[/bold], control {study.control}\n"
    )
    console.print(_dag(plan))
    console.print()
    console.print(_ledger(plan))
    console.print()
    console.print(_sources(plan))
    console.print()
    console.print(
        f"Arm by arm {plan.tokens_arm_by_arm:,} tokens; each phase once {plan.tokens_trained:,}: sharing saves "
        f"[bold]{plan.saved_share:.0%}[/bold]. {plan.flops:.3g} FLOPs"
        + ("" if plan.chip_hours is None else f", {plan.chip_hours:,.1f} chip-hours on {study.hardware.name}")
        + "."
    )
    done = len(plan.phases) - len(plan.missing_phases)
    console.print(
        f"{done} of {len(plan.phases)} phases are trained; "
        + (f"to prepare: {', '.join(plan.missing_tasks)}." if plan.missing_tasks else "every token store is there.")
    )
    for sentence in plan.warnings():
        console.print(f"[yellow]Warning:[/yellow] {sentence}")


def _dag(plan: Plan) -> Tree:
    """The phases of the first seed; the others are alike."""
    study = plan.study
    tree = Tree(f"Phases of each seed (keys of seed {study.seeds[0]})")
    nodes: dict[str | None, Tree] = {None: tree}
    for phase in plan.phases.values():
        if phase.job.seed == study.seeds[0]:
            nodes[phase.key] = nodes[phase.job.parent].add(_phase_line(plan, phase))
    return tree


def _phase_line(plan: Plan, phase: PlannedPhase) -> str:
    mixture = " + ".join(f"{100 * share:.3g} % {source}" for source, share in phase.shares.items())
    shared = f" [green]shared by {len(phase.arms)} arms[/green]" if len(phase.arms) > 1 else ""
    done = " [green]✓[/green]" if is_done(plan.home, phase.key) else ""
    return (
        f"[bold]{phase.name}[/bold] {', '.join(phase.arms)}: {phase.tokens:,} tokens, {phase.steps:,} steps of "
        f"{mixture} [dim]{phase.key}[/dim]{shared}{done}"
    )


def _ledger(plan: Plan) -> Table:
    table = _table("Ledger of one seed: tokens drawn, and passes over the source by then", ("arm", "phase", "source"))
    for heading in ("tokens", "share", "available", "epochs"):
        table.add_column(heading, justify="right")
    context = plan.study.scale.model.context
    for arm, entries in plan.ledgers.items():
        names = [phase.name for phase in plan.study.arms[arm].phases]
        totals = [sum(entry.tokens for entry in entries if entry.phase == number) for number in range(len(names))]
        before = None
        for entry in entries:
            table.add_row(
                arm if before is None else "",
                "" if before == entry.phase else names[entry.phase],
                entry.source,
                f"{entry.tokens:,}",
                f"{entry.tokens / totals[entry.phase]:.2%}",
                "unknown" if entry.available_rows is None else f"{entry.available_rows * context:,}",
                "" if entry.epochs is None else f"{entry.epochs:.2f}",
            )
            before = entry.phase
        table.add_section()
    return table


def _sources(plan: Plan) -> Table:
    table = _table("Token stores", ("task",))
    for heading in ("documents", "held out", "MB", "tokens", "bytes/token"):
        table.add_column(heading, justify="right")
    table.add_column("key")
    for task, path in plan.stores.items():
        cells = ["", "", "", "", "[yellow]not prepared[/yellow]"]
        if is_complete(path):
            store = TokenStore(path)
            tokens, size = store.count("train", "tokens"), store.count("train", "bytes")
            documents, held_out = store.count("train", "documents"), store.count("heldout", "documents")
            cells = [f"{documents:,}", f"{held_out:,}", f"{size / 1e6:.1f}", f"{tokens:,}", f"{size / tokens:.2f}"]
        table.add_row(task, *cells, f"[dim]{plan.study.corpora.store_key(task)}[/dim]")
    return table


def _table(title: str, names: tuple[str, ...]) -> Table:
    """A table that fits 80 columns; the columns of names are never cut."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, no_wrap=True)
    return table
