"""What is made of a catalog once and kept in it: it lives as long as the catalog does, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple

from wizard.catalog.models import Catalog

Made = TypeVar("Made")
Args = TypeVarTuple("Args")


def cached_on_catalog(make: Callable[[Catalog, *Args], Made]) -> Callable[[Catalog, *Args], Made]:
    """Let a function make something of a catalog once for the same arguments, which must be hashable.

    A cache beside the catalogs would keep every one that was ever used: what is made of one mostly refers to it.
    """

    @wraps(make)
    def kept(catalog: Catalog, *args: *Args) -> Made:
        key = (make, *args)
        if key not in catalog.made:
            # Of two threads that make it at once the first one's is everybody's.
            catalog.made.setdefault(key, make(catalog, *args))
        found: Made = catalog.made[key]
        return found

    return kept
