"""Check the types: mypy finds nothing, and the share of expressions it knows no type of stays.

One run does both. It uses what mypy has kept of the libraries, which are most of the work; the
files of geo and webapp come as texts, of which it keeps nothing, so that each is seen each time.
``tests/run.py`` calls it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mypy.build import build
from mypy.errors import CompileError
from mypy.fscache import FileSystemCache
from mypy.main import process_options
from mypy.modulefinder import BuildSource
from mypy.stats import TYPE_UNANALYZED, StatisticsVisitor

ROOT = Path(__file__).resolve().parents[2]
COUNTED = ("geo", "webapp")
"""Packages whose expressions are counted."""
TABLE = Path(__file__).with_name("ratchets.json")
SLACK = 0.3
"""By how many per cent the share may lie below the one in the table."""


def check() -> tuple[str, float]:
    """Run mypy; return what it finds wrong, and the percentage of Any in geo and webapp: 100 where
    it could not look.
    """
    files = FileSystemCache()
    sources, options = process_options([], fscache=files)
    options.export_types = options.preserve_asts = True
    try:
        result = build([_seen(source) for source in sources], options, fscache=files)
    except CompileError as error:
        return "\n".join(error.messages) + "\n", 100.0
    untyped = total = 0
    for module, state in result.graph.items():
        if _is_counted(module) and not (state.path and Path(state.path).is_dir()):
            assert state.tree, f"mypy has kept {module}"
            visitor = StatisticsVisitor(
                inferred=True,
                filename=module,
                modules=result.files,
                typemap=result.types,
                all_nodes=True,
                visit_untyped_defs=False,
            )
            state.tree.accept(visitor)
            dead = list(visitor.line_map.values()).count(TYPE_UNANALYZED)
            untyped += visitor.num_any_exprs + dead
            total += visitor.num_imprecise_exprs + visitor.num_precise_exprs
    total += untyped
    return "".join(f"{line}\n" for line in result.errors), round(100 * untyped / total, 1)


def _seen(source: BuildSource) -> BuildSource:
    """Return a source as a text if its expressions are counted."""
    if not _is_counted(source.module) or source.path is None:
        return source
    return BuildSource(source.path, source.module, Path(source.path).read_text(encoding="utf-8"))


def _is_counted(module: str) -> bool:
    return module.split(".")[0] in COUNTED


def main() -> int:
    faults, share = check()
    most = json.loads(TABLE.read_text(encoding="utf-8"))["any percent"]
    if share > most:
        faults += f"{share} % of the expressions are Any, {most} % before\n"
    elif share < most - SLACK:
        faults += f"{share} % are Any, {most} % before: run python tests/project/test_ratchets.py\n"
    sys.stdout.write(faults)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
