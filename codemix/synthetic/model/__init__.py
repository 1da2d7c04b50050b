"""Problems that a model writes, behind any endpoint that speaks OpenAI's chat completions.

    fragments    lines of real code that a prompt starts from
    styles       the prompts
    answer       what a model must answer, parsed strictly
    verification levels 1 to 4, all of it in the sandbox: a model's code is a stranger's
    discriminator a second look at what passed, rule by rule
    collection   all of these in a line; generate writes the files

Level 5, contracts, is not asked of a model's problems: symbolic checking executes the code outside the sandbox.
"""
