"""Open-ended answers of two arms, compared by models: pair by pair, in both orders, replayed from what was answered.

config       which prompts, which judges, how arms answer
prompts      the prompts' file, and the rule that picks from it
question     what a judge is asked, and how its answer is read
answers      what a model answers to the prompts
judging      a verdict on every pair of answers
table        the verdicts of a study as a file
"""
