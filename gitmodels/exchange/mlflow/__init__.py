"""MLflow's registries brought in and handed out again, through its public client.

Only here and in the plugin MLflow is known; it is imported when a place of its is opened.
"""
