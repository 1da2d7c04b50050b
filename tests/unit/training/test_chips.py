"""What a training uses of its chips: by hand, as the hardware states it, and in the metrics of a phase."""

import dataclasses
import json
from pathlib import Path

import pytest
from tiny_training import HARDWARE, MODEL, VOCAB, make_job

from codemix.errors import UserError
from codemix.model.config import Model
from codemix.training.chips import CHIPS, tokens_at_peak
from codemix.training.job import METRICS, Hardware, phase_folder
from codemix.training.loop import train


def test_tokens_at_peak_by_hand() -> None:
    """6 FLOPs for each of the weights that multiply, V·D of the output and L·(4·D·D + 3·D·F) of the layers, and for
    each of the L·T·D products of causal attention: those of scores and values, half the positions."""
    model = Model(layers=2, width=8, heads=2, feed_forward=16, context=32, loss_chunk=32)
    flops = 6 * (100 * 8 + 2 * (4 * 8 * 8 + 3 * 8 * 16)) + 6 * (2 * 32 * 8)
    assert tokens_at_peak(model, 100, 1e12, 4) == 4 * 1e12 / flops


def test_a_known_chip_needs_no_figures() -> None:
    known = Hardware("pod", chip="TPU v5e", compute="bfloat16")
    assert (known.memory, known.peak_flops) == (CHIPS["TPU v5e"].memory, 197e12)
    assert Hardware("pod", chip="TPU v5e").peak_flops is None  # which is of bfloat16
    assert Hardware("pod", chip="TPU v5e", compute="bfloat16", peak_flops=1e12, memory=2.0).memory == 2
    assert Hardware("pod", chip="my own").memory is None


def test_remat_of_the_hardware_goes_before_the_models() -> None:
    assert Hardware("pod").computes(MODEL) == MODEL
    assert Hardware("pod", remat="full").computes(MODEL) == dataclasses.replace(MODEL, remat="full")
    with pytest.raises(UserError, match=r"Hardware.remat is 'some'; give 'none', 'dots', 'full', or None"):
        Hardware("pod", remat="some")


def test_the_metrics_tell_the_utilisation(stores: dict[str, Path], tmp_path: Path) -> None:
    job = make_job(stores, last_step=4, rates=make_job(stores).rates[:4])
    job = dataclasses.replace(job, index=type(job.index)([dataclasses.replace(job.index.segments[0], rows=32)]))
    train(job, tmp_path, dataclasses.replace(HARDWARE, peak_flops=1e9))
    records = [json.loads(line) for line in (phase_folder(tmp_path, job.key) / METRICS).read_text().splitlines()]
    for record in records:
        share = record["tokens_per_second"] * MODEL.flops_per_token(VOCAB) / 1e9
        assert record["mfu"] == pytest.approx(share, abs=1e-4, rel=1e-3)
