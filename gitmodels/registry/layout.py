"""Where each record stands on the registry branch, and the refs that mirror it.

This room turns names into paths; it reads and writes nothing. Model folders are spread over 256 shards, because a
flat folder of 10,000 entries costs a quarter of a megabyte per commit.
"""

import functools

from gitmodels.names import encode, shard

BRANCH = "refs/heads/gitmodels"
ALIAS_REFS = "refs/gitmodels/aliases/"
REGISTRY_FILE = "gitmodels.yaml"
MODELS = "models"
POLICY_FOLDER = "policy"
POLICY_FILE = "policy/policy.yaml"
POLICY_APPROVALS = "approvals/policy"
FORMAT = 1

# The small readable files that stand beside version.yaml; everything else of a model is in the object store.
READABLE = ("MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml", "README.md")
MAX_READABLE = 1 << 20


@functools.lru_cache(maxsize=16_384)
def model_folder(name: str) -> str:
    """The folder of a registered model.

    >>> model_folder("CreditRisk")
    'models/bc/=credit=risk'
    """
    encoded = encode(name)
    return f"{MODELS}/{shard(encoded)}/{encoded}"


def model_file(name: str) -> str:
    """``model.yaml``."""
    return f"{model_folder(name)}/model.yaml"


def card_file(name: str) -> str:
    """The model's card, where hosts show it: the README.md of its folder."""
    return f"{model_folder(name)}/README.md"


def versions_folder(name: str) -> str:
    """The folder that holds one folder per version."""
    return f"{model_folder(name)}/versions"


def version_folder(name: str, version: int) -> str:
    """The immutable folder of one version; its tree is the tree of the version commit."""
    return f"{versions_folder(name)}/{version}"


def version_file(name: str, version: int) -> str:
    """``version.yaml``."""
    return f"{version_folder(name, version)}/version.yaml"


def manifest_file(name: str, version: int) -> str:
    """``manifest.yaml``."""
    return f"{version_folder(name, version)}/manifest.yaml"


def metas_folder(name: str) -> str:
    """The folder that holds the mutable halves of versions."""
    return f"{model_folder(name)}/meta"


def meta_file(name: str, version: int) -> str:
    """The mutable half of a version."""
    return f"{metas_folder(name)}/{version}.yaml"


def evaluated_folder(name: str) -> str:
    """The folder that holds a folder for each version that was evaluated."""
    return f"{model_folder(name)}/evaluations"


def evaluations_folder(name: str, version: int) -> str:
    """The folder that holds one file per evaluation of a version."""
    return f"{evaluated_folder(name)}/{version}"


def evaluation_file(name: str, version: int, op: str) -> str:
    """One evaluation, called by the operation that wrote it; written once."""
    return f"{evaluations_folder(name, version)}/{op}.yaml"


def aliases_folder(name: str) -> str:
    """The folder that holds one file per alias."""
    return f"{model_folder(name)}/aliases"


def alias_file(name: str, alias: str) -> str:
    """The lock file of one alias."""
    return f"{aliases_folder(name)}/{encode(alias)}.yaml"


def approvals_folder(name: str, alias: str) -> str:
    """The folder that holds what was signed of moves of one alias, a folder for each move."""
    return f"{model_folder(name)}/approvals/{encode(alias)}"


def approval_file(name: str, alias: str, counter: int, op: str) -> str:
    """One signed approval, called by its own id; written once."""
    return f"{approvals_folder(name, alias)}/{counter}/{op}.yaml"


def policy_approval_file(counter: int, op: str) -> str:
    """One signed approval of a change of the policy; not under ``policy/``, which it must not change.

    >>> policy_approval_file(1, "0c")
    'approvals/policy/1/0c.yaml'
    """
    return f"{POLICY_APPROVALS}/{counter}/{op}.yaml"


def alias_ref(name: str, alias: str) -> str:
    """The ref that mirrors one alias.

    >>> alias_ref("CreditRisk", "champion")
    'refs/gitmodels/aliases/=credit=risk/champion'
    """
    return f"{ALIAS_REFS}{encode(name)}/{encode(alias)}"
