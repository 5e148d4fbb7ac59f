"""Durable queues of requests behind one port: an embedded file, or PostgreSQL for many machines (spec 5.1, 5.4).

The library of the queue is imported where one is served or fed, and nowhere else: running a request by hand needs none.
"""
