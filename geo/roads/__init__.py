"""Roads as arrays: networks, and the fastest ways on them."""
