"""What is registered: models, versions, aliases and tags, as YAML in the tree of one commit."""
