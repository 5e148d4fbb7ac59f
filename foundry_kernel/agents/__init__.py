"""Agents: programs that are told what to do in words, behind one port (spec 4.7)."""
