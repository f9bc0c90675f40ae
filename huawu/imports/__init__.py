"""What other telephone systems know of calls: detail records and queue logs, into our records."""
