"""What calls say: topics, complaints, sentiment, and which calls a person should hear."""
