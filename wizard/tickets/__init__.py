"""Plain objects that travel from the form to the letter: report, evidence, verdict, advice, snapshot."""
