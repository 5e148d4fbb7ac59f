"""The existing Rust daemon: what it wrote, in the words of this kernel."""
