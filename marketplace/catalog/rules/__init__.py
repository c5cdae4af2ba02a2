"""The pure rules of the catalogue: categories and their attributes, price models, forbidden words, when a licence covers a category."""
