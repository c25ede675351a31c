"""Adapters to and from others: the catalogue, the Hub, other libraries, cards."""
