"""Every way the registry can change, as pure functions from a State to the edits of one commit."""
