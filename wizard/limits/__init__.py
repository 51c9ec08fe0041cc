"""Limits: who may do how much, at every door."""
