"""The nine English intermediate tasks of Phang et al. (2020)."""
