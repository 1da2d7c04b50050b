"""Models behind endpoints that speak OpenAI's chat completions: asked at a pace, again where it helps, and never twice.

model        which model, at which endpoint, and how it is asked
client       asks it; `wire` sends one request, `pace` keeps the distance between two
cache        every request and its answer, by content: what was asked once is replayed offline
"""
