"""Policy as code: ``policy/policy.yaml`` of the registry branch, read strictly, and one file for each family of rules.

This room knows values: what the policy says and what is known of a change. It reads no git and no object store; who
asks gathers the facts.
"""
