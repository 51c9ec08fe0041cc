"""The cache on a catalog: results computed from it once, which live as long as it does, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple

from wizard.catalog.models import Catalog

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


def cached_on_catalog(compute: Callable[[Catalog, *Args], Result]) -> Callable[[Catalog, *Args], Result]:
    """Cache a function's result on the catalog that it gets, for the same further arguments, which must be hashable.

    A cache beside the catalogs would keep every one alive that was ever used: a result mostly refers to its catalog.
    """

    @wraps(compute)
    def cached(catalog: Catalog, *args: *Args) -> Result:
        key = (compute, *args)
        if key not in catalog.cache:
            # Of two threads that compute it at once, both get the first one's result.
            catalog.cache.setdefault(key, compute(catalog, *args))
        result: Result = catalog.cache[key]
        return result

    return cached
