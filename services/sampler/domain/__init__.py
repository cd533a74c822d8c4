"""Which questions are asked: forms over the world, plans that compute them, the fold that draws them."""
