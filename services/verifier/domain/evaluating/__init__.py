"""The second evaluator: what a logical form denotes, computed over the world's own files and nothing that was executed.

It shares no code with what draws questions, plans calls or words tasks, so that a mistake there is not repeated here.
"""
