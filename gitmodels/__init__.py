"""gitmodels: a git-native model registry with content-addressed storage."""
