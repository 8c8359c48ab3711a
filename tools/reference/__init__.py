"""Writes what can be known from the program itself: reference pages, manual pages and shell completion.

`make reference` runs it; a test runs it too, and compares.
"""
