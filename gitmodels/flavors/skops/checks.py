from typing import Any
def check_state(kind, state): pass
