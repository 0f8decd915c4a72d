"""One cell's text to one typed value, a module for each family of kinds. The door is `transfer.cells`."""
