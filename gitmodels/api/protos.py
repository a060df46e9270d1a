"""The public module ``gitmodels.protos``: only the road to ``gitmodels.protos.databricks_pb2``, the error codes."""

__all__: list[str] = []
