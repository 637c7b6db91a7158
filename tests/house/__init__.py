"""The rules of the house as tests; `./run check` runs them with the linters."""
