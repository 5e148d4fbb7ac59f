"""What runs and trees mean for the intent: satisfaction, drift, contradiction, repair (spec 6.3, 6.4)."""
