"""Which calls a person hears: plans, draws with known probabilities, and what may be concluded from them."""
