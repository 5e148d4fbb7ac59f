"""The seam: immutable, versioned, digested artifacts that cross between Alloy and Foundry (spec 3)."""
