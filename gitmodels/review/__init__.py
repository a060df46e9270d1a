"""Review: what changes between two versions or two commits of the registry, and whether policy lets it.

This room compares, judges and reports; it writes no registry and moves no ref.
"""
