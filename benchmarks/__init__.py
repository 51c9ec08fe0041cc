"""Measurements. Each figure stands beside its limit, taken in the same run on the same machine."""
