"""The change that writing a model's card makes: the README.md of its folder, which hosts show beside its versions.

This room asks a State and answers with the file; what a card says is people's business.
"""

from gitmodels import digest
from gitmodels.cards import check
from gitmodels.registry import layout
from gitmodels.registry.changes.change import Change
from gitmodels.registry.state import State


def write(state: State, name: str, text: str) -> Change[None]:
    """Give the model another card; empty text takes it away. Nothing happens when it has that card.

    Raises ModelNotFound, and Invalid for a card that is none.
    """
    state.model(name)
    data = check(text).encode()
    if data == (state.card(name) or b""):
        return Change(None)
    return Change(
        result=None,
        edits={layout.card_file(name): data},
        kind="card",
        subject=f"{'write' if data else 'clear'} the card of {name}",
        model=name,
        args={"name": name, "blake3": digest.of_bytes(data), "size": len(data)},
    )
