"""Takes a request, runs it in a notebook on the kernel, and always leaves a result (spec 5).

Nothing is imported here: the witness starts from this package and must be light.
"""
