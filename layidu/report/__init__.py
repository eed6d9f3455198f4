"""Pictures and words from frames: scorecard, explanations, accounts of a night."""
