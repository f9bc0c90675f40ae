"""What follows a verdict: the agent's results, appeals and their steps."""
