"""Ranking after a slider has moved: ours, its parts, and the same weighted sum and TOPSIS by
scikit-criteria; prints its own setting.

Run: python bench/ranking.py [--small]. It needs no more than NumPy and pandas, so scikit-criteria
may have an environment of its own."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from geo.siting.criteria import Criterion
from geo.siting.ranking import METHODS, rank
from geo.siting.reversals import reversals
from geo.siting.robustness import bands, disagreement, shares, weight_intervals

RUNS = 11
SITES, MANY, CRITERIA = 200, 100_000, 12
ALL_S, ONE_S = 0.3, {SITES: 0.05, MANY: 0.3}
"""What must be reached: a ranking with all that is shown beside it, and a ranking alone."""
DIFFERENCE = 1e-9
PACKAGES = ("numpy", "pandas", "scikit-criteria")


def main() -> None:
    print("command   python " + " ".join(["bench/ranking.py", *sys.argv[1:]]))
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
    print(
        "packages  "
        + ", ".join(
            f"{name} {installed(name) or 'is not installed: left out'}" for name in PACKAGES
        )
    )
    print(
        f"times     median of {RUNS} runs in one process, new weights at each; load of the machine"
        f" {os.getloadavg()[0]:.1f}\n",
        flush=True,
    )
    after_a_slider()
    for sites in (SITES,) if "--small" in sys.argv else (SITES, MANY):
        alone(sites)


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def made(sites: int, *, bent: bool) -> tuple[pd.DataFrame, list[Criterion]]:
    """Make sites with lognormal amounts; ranges by the sites themselves, half of the criteria
    costs, and if `bent` some saturating.
    """
    raw = np.random.default_rng(0).lognormal(3, 0.5, (sites, CRITERIA))
    table = pd.DataFrame(raw, columns=[f"c{i}" for i in range(CRITERIA)])
    criteria = [
        Criterion(
            criterion,
            criterion,
            "cost" if i % 2 else "benefit",
            "saturating" if bent and i % 3 == 0 else "linear",
        )
        for i, criterion in enumerate(table.columns)
    ]
    return table, criteria


def sliders(criteria: list[Criterion]) -> list[dict[str, float]]:
    """Return weights for each run, and for one more before them."""
    dice = np.random.default_rng(1)
    return [
        {criterion.id: float(dice.uniform(1, 100)) for criterion in criteria}
        for _ in range(RUNS + 1)
    ]


def median_s(question: Callable[[Any], Any], inputs: list[Any]) -> float:
    question(inputs[0])
    seconds = []
    for value in inputs[1:]:
        start = time.perf_counter()
        question(value)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def verdict(seconds: float, limit_s: float) -> str:
    return (
        f"{seconds * 1e3:8.1f} ms, limit {limit_s * 1e3:.0f}"
        f" ms{'' if seconds <= limit_s else ': MISSED'}"
    )


def after_a_slider() -> None:
    table, criteria = made(SITES, bent=True)
    weights = sliders(criteria)
    spread = (table * 0.1).set_axis([criterion.id for criterion in criteria], axis=1)
    for method in METHODS:

        def everything(weight: dict[str, float], method: Any = method) -> None:
            ranking = rank(table, criteria, weight, method=method)
            (
                weight_intervals(ranking),
                disagreement(ranking),
                reversals(ranking),
                shares(ranking, 10_000),
                bands(ranking, spread, first=15),
            )

        print(f"{SITES} sites, {CRITERIA} criteria, {method}")
        print(f"   all after a slider  {verdict(median_s(everything, weights), ALL_S)}")
        rankings = [rank(table, criteria, weight, method=method) for weight in weights]  # type: ignore[arg-type]
        parts: dict[str, Callable[[Any], Any]] = {
            "weight intervals": weight_intervals,
            "disagreement": disagreement,
            "reversals": reversals,
            "10,000 shares": shares,
            "bands": lambda ranking: bands(ranking, spread, first=15),
        }
        for name, part in parts.items():
            print(f"   {name:18}  {median_s(part, rankings) * 1e3:8.1f} ms")
        uncertain = median_s(lambda ranking: shares(ranking, spread=spread), rankings[:6])
        print(
            f"   shares, amounts ±   {uncertain * 1e3:8.1f} ms, every amount uncertain, 5 runs; no"
            " part of a slider's move\n"
        )


def alone(sites: int) -> None:
    table, criteria = made(sites, bent=False)
    weights = sliders(criteria)
    print(f"{sites:,} sites, {CRITERIA} criteria, ranking alone")
    for method in METHODS:
        ours_s = median_s(
            lambda weight, method=method: rank(table, criteria, weight, method=method), weights
        )
        print(f"   {method:18}  {verdict(ours_s, ONE_S[sites])}", flush=True)
        if not installed("scikit-criteria"):
            continue
        ask = scikit_criteria(table, criteria, method)
        theirs_s = median_s(lambda weight, ask=ask: ask(weight), weights)
        worst = 0.0
        for weight in weights:
            score = rank(table, criteria, weight, method=method).scores.to_numpy()  # type: ignore[arg-type]
            answer = ask(weight)
            worst = max(worst, float(np.abs(score - answer).max()))
        if not worst <= DIFFERENCE:
            raise SystemExit(f"{method}: the answers differ by up to {worst:g}")
        print(
            f"   {'scikit-criteria':18}  {theirs_s * 1e3:8.1f} ms, {theirs_s / ours_s:.2f} x ours;"
            f" scores differ by at most {worst:.0e}"
        )
    print()


def scikit_criteria(
    table: pd.DataFrame, criteria: list[Criterion], method: str
) -> Callable[[dict[str, float]], np.ndarray]:
    """Return its way from weights to scores: a pipeline with the same scaling as ours."""
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.agg.topsis import TOPSIS
    from skcriteria.pipelines import mkpipe
    from skcriteria.preprocessing.invert_objectives import NegateMinimize
    from skcriteria.preprocessing.scalers import MinMaxScaler, SumScaler, VectorScaler

    scaling = MinMaxScaler(target="matrix") if method == "sum" else VectorScaler(target="matrix")
    pipe = mkpipe(
        NegateMinimize(),
        scaling,
        SumScaler(target="weights"),
        WeightedSumModel() if method == "sum" else TOPSIS(),
    )
    matrix = table.to_numpy()
    objectives = [max if criterion.direction == "benefit" else min for criterion in criteria]
    names = [criterion.id for criterion in criteria]

    def ask(weights: dict[str, float]) -> np.ndarray:
        problem = skcriteria.mkdm(
            matrix,
            objectives,
            weights=list(weights.values()),
            alternatives=table.index.astype(str),
            criteria=names,
        )
        extra = pipe.evaluate(problem).e_
        return np.asarray(extra.score if method == "sum" else extra.similarity)

    return ask


if __name__ == "__main__":
    main()
