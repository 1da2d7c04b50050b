"""The families of problems, one module each. How to write one:

A module has `TOPIC` ("strings", "graphs"…), `VERSION` (an int, raised when the same draw would give another problem)
and `sketch(draw: Draw) -> Sketch`. It is found by being here. `count_matching.py` is a function over a list,
`letter_shift.py` one over a text, `running_account.py` a class.

What `sketch` gives (see `codemix.synthetic.problem.Sketch` for every field):

- `name`, `parameters`, `returns`: identifiers drawn from the scene; annotations as they are written, `dict[str, int]`.
  What a parameter is `about` is a noun phrase, "the number of seats", never a clause, "how many seats there are".
- `task`: an infinitive that finishes "Write a function to …": "return the number of prices above 30". What is not in
  it stands in `rules`: whole sentences, each for itself, since they are shuffled. Together they must settle every input
  that `sample` can give: ties, empties, order of the result, errors.
- `solution` and `second`: `Code(body, before, style)`. The body is what stands below the `def` line, which is written
  for you (a class's body has its methods); `before` has imports and annotated helpers. Offer several bodies (loop,
  comprehension, recursion, library) and pick one. The second solution is another algorithm, not the same one reworded.
  Neither changes its arguments, prints, or depends on the order of a set, on time or on random numbers. It runs
  in the generator's own process, so that no call may go on for ever inside C (`sum(itertools.count())`).
- `sample(random)`: a small random input, quick to make, from which about half should take each branch; put values
  about the borders in it. `edges`: the inputs that the tests begin with: empties, ties, borders. Of a class both are
  `((arguments of the constructor), ((method, (arguments…)), (attribute, None), …))`.
- `step`: the task again for pipelines, with `{it}` for the input: "count the values of {it} that are above 30". Give
  one only where there is one parameter, any value of its type is a fine input (negative numbers and empties, too),
  nothing is raised, and the step says everything without the rules. It is formatted: no other braces.
- `raises`: {"ValueError": "the list is empty"}: every exception that a sample may cause.
- `contract`, where symbolic checking (`codemix.synthetic.contracts`) can say something: conditions on the arguments
  that bound their sizes until every path is followed within seconds (three numbers, three characters, elements out
  of a few where they go into a Counter or a regular expression), and what holds of `result` whatever the algorithm.
  That both solutions agree is checked without being said.

What must vary, since 1,600 problems of a family may have at most 5 % near-duplicates and the programs should not all be
one: thresholds, predicates, units, direction, tie rules, the form of the result, what happens at the edges, names and
domain, the algorithm and its style. Each choice alters code and words alike. Numbers alone are not variety. Use
`draw.pick`, `draw.number`, `draw.chance`; `draw.say("[count|tally] the [|many ]things")` for words (only templates that
hold no list literals of their own with a bar); `draw.identifier` and `draw.class_name` for names; `draw.locals("total",
"index", avoid=(…))` for local variables; `draw.scene` for nouns, with `codemix.synthetic.parts` for conditions and
random lists.

How to check one: `python -m codemix.synthetic.check FAMILY --count 200` prints how many problems pass each level, the
mutation score, the near-duplicate share, the time per problem, and three problems: read them. All should pass level 4;
below 5 % near-duplicates at `--count 1600`; at most about 10 ms to make and 15 ms to verify.
"""
