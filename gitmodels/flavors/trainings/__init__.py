"""Trainings as they happen: one framework a file, watched and described; what is logged of them is known above.

A file has ``watch(module, observer)``, which puts wrappers on the framework's own functions, and a story for each kind
of call that is a training: what of it is told before, and what after. ``stories`` has the words that all of them use.
This room knows no runs and no registry.
"""
