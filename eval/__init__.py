"""Labelled set × matcher → metrics, intervals, comparisons, report."""
