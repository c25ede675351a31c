"""The nine target tasks of XTREME (Hu et al. 2020)."""
