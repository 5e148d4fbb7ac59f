"""All effects outside the process go through one port each; tests put fakes behind the ports (spec 4.2)."""
