"""A study's training step compiled for its hardware, which need not be here, and what that says, for people."""

import jax.numpy as jnp
from rich import box
from rich.console import Console
from rich.table import Table

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh
from codemix.study.plan import Plan
from codemix.training.compiling import Compiled, compile_step, topology_devices
from codemix.training.loop import pieces_of
from codemix.training.step import make_trainer

_EOS = 0  # any: the step is the same program


def compile_study(plan: Plan) -> Compiled:
    """Compiles the step for `Hardware.topology`, or for the devices that are here where none is named.

    Raises:
        UserError: the topology cannot be compiled for, or mesh and batch do not fit it.
    """
    scale, hardware = plan.study.scale, plan.study.hardware
    mesh = make_mesh(hardware.mesh, topology_devices(hardware.topology) if hardware.topology else None)
    trainer = make_trainer(
        hardware.computes(scale.model),
        plan.vocab_size,
        _EOS,
        scale.optimizer,
        mesh,
        jnp.dtype(hardware.compute),
        plan.study.divergence,
        pieces_of(scale.batch_rows, hardware, mesh),
    )
    return compile_step(trainer, scale.batch_rows, scale.model.context)


def show_compiled(compiled: Compiled, plan: Plan, console: Console) -> None:
    """Prints memory by part, collectives and FLOPs of one device.

    Raises:
        UserError: the step needs more than `Hardware.memory`.
    """
    hardware, scale = plan.study.hardware, plan.study.scale
    console.print(
        f"The step of [bold]{scale.name}[/bold] ({scale.batch_rows} rows of {scale.model.context:,} tokens, remat "
        f"{hardware.computes(scale.model).remat}) for {compiled.devices} × {compiled.kind}, compiled in "
        f"{compiled.seconds:.0f} s. Of one device:"
    )
    memory = _table("memory", "MB")
    for part in ("parameters", "optimizer", "batch", "temporaries", "program"):
        memory.add_row(part, f"{getattr(compiled, part) / 1e6:,.1f}")
    memory.add_section()
    memory.add_row("all", f"{compiled.bytes / 1e6:,.1f}")
    if hardware.memory:
        memory.add_row(f"of {hardware.memory / 1e6:,.0f}", f"{compiled.bytes / hardware.memory:.1%}")
    console.print(memory)
    sent = _table("sent between devices in a step", "calls", "MB of their results")
    for kind, found in sorted(compiled.collectives.items()):
        sent.add_row(kind, f"{found.calls:,}", f"{found.bytes / 1e6:,.1f}")
    if compiled.collectives:
        console.print(sent)
    flops = scale.tokens_per_step * scale.model.flops_per_token(plan.vocab_size) / compiled.devices
    at_peak = f", {flops / hardware.peak_flops:.3g} s at its peak" if hardware.peak_flops else ""
    console.print(f"{flops:.3g} FLOPs a step by the plan's formula{at_peak}.")
    if hardware.memory and compiled.bytes > hardware.memory:
        raise UserError(
            f"{scale.name} does not fit {hardware.name}: a device needs {compiled.bytes / 1e9:.1f} GB of "
            f"{hardware.memory / 1e9:.1f}; lower Hardware.rows_at_once, or give Hardware.remat = 'full'."
        )


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table
