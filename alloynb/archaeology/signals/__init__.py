"""Signals of archaeology: one file, one class, one way of looking each; they never import each other."""
