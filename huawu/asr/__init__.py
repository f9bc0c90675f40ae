"""How right recognisers are on recordings whose words are known: references, hearing, scores, the page."""
