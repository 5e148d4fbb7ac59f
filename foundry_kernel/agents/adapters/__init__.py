"""One file per way to reach an agent; each offers `AGENT`, and none knows another."""
