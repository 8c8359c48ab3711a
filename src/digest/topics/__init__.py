"""Compiles topic files; matches an article, and says why."""
