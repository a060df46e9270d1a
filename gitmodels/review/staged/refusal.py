"""One reason why something staged is refused: the word of this room.

It knows nothing of what is judged.
"""

from gitmodels.values import frozen


@frozen
class Refusal:
    """What is wrong with the staged file ``path``, in words; ``way`` is the way out.

    ``undecided`` says that it could not be judged, which is never a success.
    """

    path: str
    text: str
    way: str = ""
    undecided: bool = False
