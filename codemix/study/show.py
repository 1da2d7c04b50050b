"""The plan in tables that a person can read."""

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
    saved = 1 - plan.tokens_trained / plan.tokens_arm_by_arm
    console.print(
        f"Arm by arm {plan.tokens_arm_by_arm:,} tokens; each phase once {plan.tokens_trained:,}: sharing saves "
        f"[bold]{saved:.0%}[/bold]. {plan.flops:.3g} FLOPs"
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
    mixture = " + ".join(f"{share:.3g} {source}" for source, share in phase.shares.items())
    shared = f" [green]shared by {len(phase.arms)} arms[/green]" if len(phase.arms) > 1 else ""
    done = " [green]✓[/green]" if is_done(plan.home, phase.key) else ""
    return (
        f"[bold]{phase.name}[/bold] {', '.join(phase.arms)}: {phase.tokens:,} tokens, {phase.steps:,} steps of "
        f"{mixture} [dim]{phase.key}[/dim]{shared}{done}"
    )


def _ledger(plan: Plan) -> Table:
    table = Table(title="Ledger of one seed: tokens drawn, and passes over the source by then", title_justify="left")
    for heading in ("arm", "phase", "source"):
        table.add_column(heading)
    for heading in ("tokens", "share", "available", "epochs"):
        table.add_column(heading, justify="right")
    context = plan.study.scale.model.context
    for arm, entries in plan.ledgers.items():
        phase_tokens = [sum(e.tokens for e in entries if e.phase == n) for n in range(len(plan.study.arms[arm].phases))]
        last_arm, last_phase = None, None
        for entry in entries:
            name = plan.study.arms[arm].phases[entry.phase].name
            table.add_row(
                "" if arm == last_arm else arm,
                "" if (arm, name) == (last_arm, last_phase) else name,
                entry.source,
                f"{entry.tokens:,}",
                f"{entry.tokens / phase_tokens[entry.phase]:.2%}",
                "not prepared" if entry.available_rows is None else f"{entry.available_rows * context:,}",
                "" if entry.epochs is None else f"{entry.epochs:.2f}",
            )
            last_arm, last_phase = arm, name
        table.add_section()
    return table


def _sources(plan: Plan) -> Table:
    table = Table(title="Token stores", title_justify="left")
    table.add_column("task")
    for heading in ("documents", "MB of text", "tokens", "bytes per token", "held-out documents"):
        table.add_column(heading, justify="right")
    table.add_column("store")
    for task, path in plan.stores.items():
        cells = ["", "", "", "", "[yellow]not prepared[/yellow]"]
        if is_complete(path):
            store = TokenStore(path)
            tokens, size = store.count("train", "tokens"), store.count("train", "bytes")
            documents, held_out = store.count("train", "documents"), store.count("heldout", "documents")
            cells = [f"{documents:,}", f"{size / 1e6:.1f}", f"{tokens:,}", f"{size / tokens:.2f}", f"{held_out:,}"]
        table.add_row(task, *cells, f"[dim]{path.name}[/dim]")
    return table
