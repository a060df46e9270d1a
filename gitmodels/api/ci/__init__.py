"""What a host's CI runs for a registry and for code that uses models: its files, one module a host.

The steps are the commands of ``git models`` and of git, nothing else; whatever a pull request says reaches them as
variables of the environment, never as text of a script. This room knows hosts, no registry.
"""
