"""Trainings as they happen: one framework a file, watched and described; what is logged of them is known above.

A watcher puts wrappers on a framework's own functions and tells an observer what goes on; the facts beside it say what
a training was: its params, its metrics, its trials. This room knows no runs and no registry.
"""
