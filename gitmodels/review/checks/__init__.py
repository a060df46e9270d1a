"""What is asked of every change of the registry, one file a question. Each answers with what it found, in words.

This room reads states, manifests and small files; it never reads weights and runs nothing of a model.
"""
