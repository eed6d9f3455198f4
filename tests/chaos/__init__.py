"""What survives being killed? `python -m tests.chaos` kills at random, at length."""
