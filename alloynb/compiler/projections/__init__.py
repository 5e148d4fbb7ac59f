"""Projections, one file each; see `alloynb.compiler.projection`."""
