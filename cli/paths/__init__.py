"""Other ways to solve tasks, made from prompt, tools and the world's files alone."""
