"""The public module ``gitmodels.store``: only the road to ``gitmodels.store.entities``, where PagedList is found."""

__all__: list[str] = []
