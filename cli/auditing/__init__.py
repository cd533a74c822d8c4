"""Looking for what is wrong with an export: flipped bytes, renderings of answers, shortcuts, pages for people."""
