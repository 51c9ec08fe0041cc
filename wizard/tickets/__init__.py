"""Plain objects that travel from the form to the letter, and what a ticket says of itself."""
