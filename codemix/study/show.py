"""The plan in tables that a person can read."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from codemix.mixing.ledger import LedgerEntry
from codemix.reporting.numbers import plural
from codemix.store.token_store import TokenStore, is_complete
from codemix.study.costs import cost, storage
from codemix.study.plan import Plan, PlannedPhase
from codemix.study.power import power_of
from codemix.study.sharing import Trunk, arm_shares, trunks
from codemix.study.warnings import warnings_of
from codemix.training.job import is_done


def show_plan(plan: Plan, console: Console) -> None:
    """Prints the phase DAG, the ledger, the costs and what is missing."""
    study = plan.study
    console.print(
        f"[bold]{study.name}[/bold]: {study.title}\n"
        f"{plural(len(study.arms), 'arm')} × {plural(len(study.seeds), 'seed')} at scale "
        f"[bold]{study.scale.name}[/bold] on corpora [bold]{study.corpora.name}[/bold], control {study.control}\n"
    )
    console.print(_dag(plan))
    console.print()
    console.print(_ledger(plan))
    console.print()
    console.print(_sources(plan))
    console.print()
    console.print(_arms(plan))
    console.print()
    for sentence in (*_costs(plan), _power(plan), _state(plan)):
        console.print(sentence, highlight=False)
    for sentence in warnings_of(plan):
        console.print(f"[yellow]Warning:[/yellow] {sentence}", highlight=False)


def _costs(plan: Plan) -> list[str]:
    hardware = plan.study.hardware
    alone, once = cost(plan, plan.tokens_arm_by_arm), cost(plan, plan.tokens_trained)
    per_token = plan.study.scale.model.flops_per_token(plan.vocab_size)
    sentences = [
        f"Arm by arm {alone.tokens:,} tokens, each phase once {once.tokens:,}: sharing saves "
        f"[bold]{plan.saved_share:.0%}[/bold]. {once.flops:.3g} FLOPs, {per_token:.3g} a token "
        "(6 for every weight that multiplies, causal attention counted half)."
    ]
    if once.chip_hours is not None and once.hours is not None:
        money = "" if once.dollars is None else f", ${once.dollars:,.0f} at ${hardware.price:g} an hour"
        sentences.append(
            f"[bold]{_hours(once.chip_hours)} chip-hours[/bold] of {hardware.chip} at {hardware.utilisation:.0%} of "
            f"{(hardware.peak_flops or 0) / 1e12:,.4g} TFLOP/s (arm by arm {_hours(alone.chip_hours or 0)}), "
            f"{_hours(once.hours)} hours on {hardware.chips}{money}."
        )
    disk = storage(plan)
    known = [size for size in disk.stores.values() if size is not None]
    unknown = [task for task, size in disk.stores.items() if size is None]
    sentences.append(
        f"On disk: {_bytes(disk.checkpoints)} of checkpoints ({_bytes(disk.checkpoint)} each)"
        + (f", {_bytes(sum(known))} of token stores" if known else "")
        + (f"; not known: {', '.join(unknown)}" if unknown else "")
        + "."
    )
    return sentences


def _power(plan: Plan) -> str:
    power = power_of(plan)
    return (
        f"Smallest change in bits per byte that is found four times in five: [bold]{power.words}[/bold], with "
        f"{plural(power.seeds, 'seed')} and {power.documents:,} held-out documents "
        f"({'by the noise that its report measured' if power.measured else 'by Study.noise'}"
        + (")." if power.seeds > 1 else "; of documents alone, for one seed says nothing of others).")
    )


def _state(plan: Plan) -> str:
    done = len(plan.phases) - len(plan.missing_phases)
    return f"{done} of {len(plan.phases)} phases are trained; " + (
        f"to prepare: {', '.join(plan.missing_tasks)}." if plan.missing_tasks else "every token store is there."
    )


def _count(number: int) -> str:
    """A number of tokens: exact, or from a billion on with four digits, as 200.1B."""
    return f"{number:,}" if number < 1e9 else f"{number / 1e9:,.4g}B" if number < 9.9995e12 else f"{number / 1e12:.4g}T"


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"


def _bytes(size: int) -> str:
    for limit, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= limit:
            return f"{size / limit:,.3g} {unit}"
    return f"{size / 1e3:,.3g} kB"


def _dag(plan: Plan) -> Tree:
    """The phases of the first seed; the others are alike."""
    study = plan.study
    tree = Tree(f"Phases of each seed (keys of seed {study.seeds[0]})")
    nodes: dict[str | None, Tree] = {None: tree}
    shared = {trunk.key: trunk for trunk in trunks(plan)}
    for phase in plan.phases.values():
        if phase.job.seed == study.seeds[0]:
            nodes[phase.key] = nodes.get(phase.job.parent, tree).add(_phase_line(plan, phase, shared.get(phase.key)))
    return tree


def _phase_line(plan: Plan, phase: PlannedPhase, trunk: Trunk | None) -> str:
    shared = (
        "" if trunk is None else f" [green]shared by {len(trunk.arms)} arms, saves {_tokens(plan, trunk.saved)}[/green]"
    )
    done = " [green]✓[/green]" if is_done(plan.home, phase.key) else ""
    imported = phase.job.parent is not None and phase.job.parent not in plan.phases
    start = f", from the imported model {phase.job.parent}" if imported else ""
    return (
        f"[bold]{phase.name}[/bold] {', '.join(phase.arms)}: {phase.steps:,} steps, {_tokens(plan, phase.tokens)} of "
        f"{phase.mixture}{start} [dim]{phase.key}[/dim]{shared}{done}"
    )


def _tokens(plan: Plan, tokens: int) -> str:
    """So many tokens, and the chip-hours that they take."""
    hours = cost(plan, tokens).chip_hours
    return f"{_count(tokens)} tokens" + ("" if hours is None else f" ({_hours(hours)} chip-hours)")


def _ledger(plan: Plan) -> Table:
    table = _table("Ledger of one seed: tokens drawn, and passes over the source by then", ("arm", "phase", "source"))
    for heading in ("tokens", "share", "available", "epochs"):
        table.add_column(heading, justify="right")
    for arm, entries in plan.ledgers.items():
        names = [phase.name for phase in plan.study.arms[arm].phases]
        totals = [sum(entry.tokens for entry in entries if entry.phase == number) for number in range(len(names))]
        before = None
        for entry in entries:
            table.add_row(
                arm if before is None else "",
                "" if before == entry.phase else names[entry.phase],
                entry.source,
                _count(entry.tokens),
                f"{entry.tokens / totals[entry.phase]:.2%}",
                _available(plan, entry),
                "" if entry.epochs is None else f"{entry.epochs:.2f}",
            )
            before = entry.phase
        table.add_section()
    return table


def _available(plan: Plan, entry: LedgerEntry) -> str:
    """Tokens that the arm may read; with a tilde where they are declared."""
    if entry.available_rows is None:
        return "unknown"
    tilde = "~" if plan.supplies[entry.source].declared else ""
    return f"{tilde}{_count(entry.available_rows * plan.study.scale.model.context)}"


def _arms(plan: Plan) -> Table:
    table = _table("Arm by arm and as a DAG: tokens of all seeds", ("arm",))
    for heading in ("alone", "in all", "new", "in all, shared", "chip-hours alone"):
        table.add_column(heading, justify="right")
    alone = once = 0
    for share in arm_shares(plan):
        alone, once = alone + share.tokens, once + share.new
        hours = cost(plan, share.tokens).chip_hours
        table.add_row(
            share.arm,
            *map(_count, (share.tokens, alone, share.new, once)),
            "" if hours is None else _hours(hours),
        )
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
