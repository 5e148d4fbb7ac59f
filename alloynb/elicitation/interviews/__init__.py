"""The interviews: one file for each way of asking, each offers `INTERVIEW`; none imports another."""
