"""What managers look at: days and topics, scores against chance, the week's new words, one agent's file."""
