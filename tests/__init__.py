"""The suite. A file is named after the room it holds to its promise; the names of the tests are the list of what the product does."""
