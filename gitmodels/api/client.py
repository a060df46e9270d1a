"""The public module ``gitmodels.client``: MlflowClient, which ``gitmodels.Client`` is too."""

from gitmodels.api.registry_client import RegistryClient
from gitmodels.api.run_client import RunClient
from gitmodels.api.unsupported import AbsentMethods

__all__ = ["Client", "MlflowClient"]


class MlflowClient(RegistryClient, RunClient, AbsentMethods):
    """A client of one repository's registry and runs, with MLflow's methods; by default of the repository in force.

    ``tracking_uri`` and ``registry_uri`` name a repository by path; a server's URI warns that no server is used.
    """


Client = MlflowClient
