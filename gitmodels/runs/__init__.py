"""What was logged: training runs and the models they made."""
