"""Judging what a commit of code is about to take in: models, pins, records of the registry, and weights.

What is judged are the staged bytes, as the index has them, whatever lies in the work tree. This room reads them and
answers with refusals; nothing of a model is imported, unpickled or run, and nothing is written.
"""
