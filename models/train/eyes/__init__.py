"""Eye state: open, closed or hidden, from a small rolled crop.

`crop` says what a crop is, `packs` what is learned from and what is kept apart, `jitter`
and `cover` what happens to a crop on the way, `net` is the network, `score` its figures.
"""
