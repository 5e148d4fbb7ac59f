"""Two trees side by side: what the detectors of weakened evidence read, and the words in which they answer."""
