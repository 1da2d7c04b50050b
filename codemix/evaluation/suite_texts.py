"""The items of a task as text: what an audit looks for in training documents."""

from codemix.evaluation.suite import Suite, SuiteTask


def suite_texts(suite: Suite, task: SuiteTask) -> list[dict[str, str]]:
    """item, question and answer of every item that is scored, named as in the items table.

    Raises:
        UserError: the items are not where they should be.
    """
    files = suite.files_of(task.name)
    if task.answers == "code":
        from codemix.evaluation.code.loading import load_problems

        problems = load_problems(task, files)[: task.limit]
        texts = [(problem.item, problem.prompt, problem.solution) for problem in problems]
    else:
        from codemix.evaluation.harness.asking import gold_texts
        from codemix.evaluation.harness.definitions import load_tasks

        texts = gold_texts(task, load_tasks(task, files, suite.seed))
    return [{"item": item, "question": question, "answer": answer} for item, question, answer in texts]
