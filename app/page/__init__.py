"""The page staff work with: one module for each place, and the escaped HTML of the answers."""
