"""Mutation testing (`make mutants`): would the tests notice a fault in the code that our promises rest on?

Cosmic Ray makes the mutants: another operator, number, condition, exception or loop, in functions and in what a module
makes once. Each runs in a copy of the tree, in a process forked from here, where the libraries are loaded already.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import hashlib
import importlib
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice, starmap
from operator import itemgetter
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns
from typing import NamedTuple

import pytest
from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUBJECTS = tomllib.loads((HERE / "subjects.toml").read_text("utf-8"))
EQUIVALENTS = [mutant[:3] for mutant in tomllib.loads((HERE / "equivalents.toml").read_text("utf-8"))["mutants"]]
# Loading them takes longer than most tests. Nothing of ours is among them.
LIBRARIES = ["bs4", "flask_limiter", "flask_mail", "flask_migrate", "flask_sqlalchemy", "hypothesis", "wtforms"]
# A PostgreSQL server would outlive a test that is killed.
PYTEST = ["-c", ".ci/pytest.ini", "--rootdir=.", "-n0", "-x", "-p", "no:cacheprovider", "-k", "not postgresql"]
# A mutant that takes longer, for an endless loop or an endless wait, is killed.
SECONDS = 120


class Mutant(NamedTuple):
    """A subject with one fault."""

    subject: str
    code: str
    place: str
    was: str
    now: str


def ranked_faults(subject: str, seed: int) -> list[tuple[str, str, MutationSpec]]:
    """The faults that a subject can have, one for each place and kind, by a rank: random, but of a seed the same."""
    module = ROOT / SUBJECTS[subject]["module"]
    lines = module.read_text("utf-8").splitlines()
    chosen: dict[tuple[int, int, str], tuple[str, str, MutationSpec]] = {}
    for item in _all_work_items([module], {}):
        fault = item.mutations[0]
        (line, column), kind = fault.start_pos, fault.operator_name.partition("_")[0]
        # What stands in annotations is never evaluated.
        if "BitOr" not in fault.operator_name:
            key = f"{seed} {subject} {lines[line - 1].strip()} {column} {fault.operator_name} {fault.occurrence % 2}"
            ranked = hashlib.sha256(key.encode()).hexdigest(), subject, fault
            chosen[line, column, kind] = min(ranked, chosen.get((line, column, kind), ranked), key=itemgetter(0))
    return list(chosen.values())


def mutant_of(subject: str, fault: MutationSpec) -> Mutant | None:
    """A subject with a fault; None when it is no Python any more."""
    code = fault.module_path.read_text("utf-8")
    mutated = MutationVisitor.mutate_code(code, get_operator(fault.operator_name)(), fault.occurrence)
    with contextlib.suppress(SyntaxError):
        ast.parse(mutated)
        changes = [line for line in difflib.ndiff(code.splitlines(), mutated.splitlines()) if line[0] in "-+"]
        was, now = (" ".join(line[1:] for line in changes if line[0] == sign).strip() for sign in "-+")
        return Mutant(subject, mutated, f"{SUBJECTS[subject]['module']}:{fault.start_pos[0]}", was, now)
    return None


def passes(tree: Path, tests: list[str], seconds: int) -> bool:
    """Run tests in a tree, in a process of their own, up to the first failure or so many seconds of a processor."""
    if not (pid := os.fork()):
        os.setsid()
        os.chdir(tree)
        sys.path[0] = str(tree)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(seconds * 5)
        os.dup2(os.dup2(os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1), 2)
        os._exit(pytest.main([*PYTEST, *tests]))
    status = os.waitpid(pid, 0)[1]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return status == 0


def outcome_of(mutant: Mutant, trees: Path, end: float) -> str:
    """What becomes of a mutant. This process has a tree of its own."""
    if [mutant.subject, mutant.was, mutant.now] in EQUIVALENTS:
        return "equivalent"
    if time.monotonic() > end:
        return "not tried"
    if not (tree := trees / str(os.getpid())).exists():
        copytree(trees / "clean", tree)
    module = tree / SUBJECTS[mutant.subject]["module"]
    module.write_text(mutant.code, "utf-8")
    survived = passes(tree, SUBJECTS[mutant.subject]["tests"], SECONDS)
    copy2(trees / "clean" / module.relative_to(tree), module)
    return "survived" if survived else "killed"


def outcomes(sample: list[Mutant], end: float) -> Iterator[tuple[Mutant, str]]:
    """Try mutants until the end, two at a time."""
    list(map(importlib.import_module, LIBRARIES))
    with tempfile.TemporaryDirectory(prefix="mutants-") as trees:
        clean = copytree(ROOT, Path(trees, "clean"), ignore=ignore_patterns(".[!c]*", "node_modules", "instance"))
        if not passes(
            clean, sorted({test for mutant in sample for test in SUBJECTS[mutant.subject]["tests"]}), SECONDS * 10
        ):
            sys.exit((clean / "output.txt").read_text("utf-8") + "\nThe tests fail without a mutant.")
        # What Python has compiled of the clean tree is good for all; nothing of a mutant may be cached.
        sys.dont_write_bytecode = True
        with multiprocessing.get_context("fork").Pool(2) as pool:
            tried = pool.imap(partial(outcome_of, trees=Path(trees), end=end), sample)
            yield from zip(sample, tried, strict=True)


def main() -> None:
    """Sample, try and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("subjects", nargs="*", help=f"of {', '.join(SUBJECTS)}; all when none is named")
    parser.add_argument("--seed", type=int, default=1, help="which mutants are sampled")
    parser.add_argument("--most", type=int, default=300, help="how many mutants are sampled")
    parser.add_argument("--minutes", type=float, default=30, help="after how long no further mutant is tried")
    options = parser.parse_args()
    counts = {name: Counter[str]() for name in options.subjects or SUBJECTS}
    faults = sorted((fault for name in counts for fault in ranked_faults(name, options.seed)), key=itemgetter(0))
    sample = list(islice(filter(None, starmap(mutant_of, (fault[1:] for fault in faults))), options.most))
    for mutant, outcome in outcomes(sample, time.monotonic() + options.minutes * 60):
        counts[mutant.subject][outcome] += 1
        if outcome == "survived":
            print(f"{mutant.place} ({mutant.subject}) survived\n  - {mutant.was}\n  + {mutant.now}", flush=True)
    print(f"{len(sample)} of {len(faults)} mutants")
    for name, count in {**counts, "all": sum(counts.values(), Counter())}.items():
        share = 100 * count["killed"] / max(count["killed"] + count["survived"], 1)
        print(f"{name:14}{share:6.1f} % killed:", ", ".join(f"{n} {outcome}" for outcome, n in sorted(count.items())))


if __name__ == "__main__":
    main()
