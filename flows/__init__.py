"""When it runs: the order of a night, once, and the flows and services that start it. The only door to Prefect."""
