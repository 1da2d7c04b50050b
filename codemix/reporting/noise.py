"""The noise that a finished study measured, in the terms in which the next one is planned."""

import math
from collections.abc import Mapping

import numpy as np

from codemix.reporting import statistics
from codemix.reporting.results import StudyResults

NOISE = "noise.json"  # in the report's folder


def measured_noise(results: StudyResults) -> dict[str, float] | None:
    """Standard deviations of the log ratio of an arm's and the control's bits per byte, the mean over sources: between
    seeds (`seed`), between documents (`document`, with their likeness inside clusters counted in), and the documents
    for every effective cluster. Root mean squares over the arms.

    None where there is no interval, or one seed only.
    """
    measured = []
    for arm in results.arms:
        if arm == results.control:
            continue
        part = statistics.macro_average(
            [
                statistics.influence(part.nll[arm], part.nll[results.control], part.clusters, results.n_clusters)
                for part in results.scores
            ]
        )
        if len(results.seeds) < 2 or statistics.estimate(part).reason:
            return None
        found = statistics.variances(part)
        measured.append(
            (
                found.seeds
                * max(found.seed - found.cell, 0.0),  # what more documents would take away is not the seeds'
                part.documents * found.cluster,
                part.documents / found.effective_clusters,
            )
        )
    seed, document, per_cluster = np.mean(measured, axis=0)
    return {"seed": math.sqrt(seed), "document": math.sqrt(document), "documents_per_cluster": float(per_cluster)}


def told(noise: Mapping[str, float]) -> str:
    """The sentence for whoever plans the next study."""
    fields = ", ".join(f"`Noise.{field} = {value:.3g}`" for field, value in noise.items())
    return (
        f"To plan a study like this one, this one's noise: {fields}; from it `codemix plan` reckons the "
        "smallest change that another number of seeds or documents would find."
    )
