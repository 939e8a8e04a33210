"""Field visits: a trip and its plan, the planner and who checks it, why not, and what one takes
along.
"""
