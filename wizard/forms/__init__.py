"""A WTForms class for each situation and language, built from the catalog: the one validator of every way in."""
