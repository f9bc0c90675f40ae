"""Who may use the desk: accounts, signing in, sessions, tokens, and the log of what everybody did."""
