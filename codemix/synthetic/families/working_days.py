"""Working days: counted between dates, or added to one; which weekdays are free, holidays, both ends or not."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dates"
VERSION = 2
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sketch(draw: Draw) -> Sketch:
    free = tuple(sorted(draw.pick(((5, 6), (5, 6), (6,), (4, 5), (0, 6), (0,), (2, 6), (1,)))))
    first, last = draw.pick((("start", "end"), ("first", "last"), ("begin", "until"), ("opened", "closed")))
    holidays = draw.pick(("", "holidays", "closures", "days_off"))
    wanted = draw.pick(("count", "list", "later", "earlier", "weekdays"))
    both = draw.chance(0.5)
    name = draw.identifier(
        {
            "count": "[count|number of] [working days|open days|business days]",
            "list": "[list|find] [working days|open days|business days]",
            "later": "[due date|add working days|deadline|date after working days]",
            "earlier": "[latest start|subtract working days|date before|start date]",
            "weekdays": "[weekday|day] [counts|statistics|totals]",
        }[wanted]
    )
    day, days = draw.pick((("day", "days"), ("when", "number"), ("current", "amount")))
    is_open = f"{day}.weekday() not in {free}" if len(free) > 1 else f"{day}.weekday() != {free[0]}"
    if holidays:
        is_open += f" and {day}.isoformat() not in {holidays}"
    parse = f"{day}, stop = date.fromisoformat({first}), date.fromisoformat({last})"
    second_open = f"one.isoweekday() not in {{{', '.join(str(each + 1) for each in free)}}}"
    if holidays:
        second_open += f" and str(one) not in {holidays}"
    if wanted in ("count", "list", "weekdays"):
        start, add, answer = {
            "count": ("total = 0", "total += 1", "total"),
            "list": ("found = []", f"found.append({day}.isoformat())", "found"),
            "weekdays": ("counts = {}", f"counts[{day}.weekday()] = counts.get({day}.weekday(), 0) + 1", "counts"),
        }[wanted]
        loop = f"""
            {parse}
            {start}
            while {day} {"<=" if both else "<"} stop:
                if {is_open}:
                    {add}
                {day} += timedelta(days=1)
            return {answer}
        """
        shape = {
            "count": "return len(days)",
            "list": "return list(map(str, days))",
            "weekdays": "return {n: sum(one.weekday() == n for one in days) for n in {one.weekday() for one in days}}",
        }[wanted]
        other = f"""
            low, high = date.fromisoformat({first}).toordinal(), date.fromisoformat({last}).toordinal()
            days = [date.fromordinal(n) for n in range(low, high{" + 1" if both else ""})]
            days = [one for one in days if {second_open}]
            {shape}
        """
        second_parameter = Parameter(last, "str", "another such date")
    else:
        sign = "+" if wanted == "later" else "-"
        loop = f"""
            {day} = date.fromisoformat({first})
            left = {days}
            while left > 0:
                {day} {sign}= timedelta(days=1)
                if {is_open}:
                    left -= 1
            return {day}.isoformat()
        """
        step = f"low {sign} n"
        many = f"3 * {days} + 20" + (f" + 3 * len({holidays})" if holidays else "")
        other = f"""
            low = date.fromisoformat({first}).toordinal()
            days_around = [date.fromordinal({step}) for n in range(1, {many})]
            working = [one for one in days_around if {second_open}]
            return str(working[{days} - 1] if {days} else date.fromordinal(low))
        """
        second_parameter = Parameter(days, "int", "a number of working days")
    solutions = [
        Code(loop, "from datetime import date, timedelta"),
        Code(other, "from datetime import date", "comprehension"),
    ]
    if wanted in ("count", "list", "weekdays"):
        draw.random.shuffle(solutions)
    span = f"from `{first}` to `{last}`, " + ("both included" if both else f"without `{last}` itself")
    tasks = {
        "count": f"[count|return the number of] the working days {span}",
        "list": f"[list|return] the working days {span}, in order and as texts such as '2024-03-01'",
        "weekdays": f"[count|find out] how many working days there are of each weekday {span}",
        "later": f"[find|return|compute] the date that lies `{second_parameter.name}` working days after `{first}`",
        "earlier": f"[find|return|compute] the date that lies `{second_parameter.name}` working days before `{first}`",
    }
    names = listed([f"{_DAYS[each]}s" for each in free])
    rules = [draw.say(f"{names} are [free|not working days]; [all other days|the other days] are working days.")]
    if holidays:
        rules[0] = draw.say(f"{names} and the dates in `{holidays}` are [free|not working days].")
    if wanted == "weekdays":
        rules.append(
            "The result maps weekdays, 0 for Monday to 6 for Sunday, to counts, leaving out those of which there are "
            "none."
        )
    if wanted in ("later", "earlier"):
        rules.append(f"`{first}` itself is not counted, and for 0 working days it is the result, even if it is free.")
    else:
        rules.append(
            draw.say(f"[If `{first}` lies after `{last}`, there are none.|A span that ends before it begins has none.]")
        )
    year = draw.number(1990, 2030)

    def written(random: Random, month: int) -> str:
        return f"{year}-{month:02}-{random.randint(1, 28):02}"

    def sample(random: Random) -> tuple:
        month = random.randint(1, 11)
        low = written(random, month)
        high = written(random, month + random.choice((0, 0, 0, 1)))
        end: str | int = high if second_parameter.type == "str" else random.choice((0, 1, 2, 4, 5, 6, 11, 16))
        extra = [written(random, month) for _ in range(random.randint(0, 7))]
        return (low, end, extra) if holidays else (low, end)

    dates = [f"{year}-02-{n:02}" for n in range(20, 29)]
    parameters = [
        Parameter(first, "str", f"a date such as '{year}-02-27'"),
        second_parameter,
        *([Parameter(holidays, "list[str]", "the dates of holidays")] if holidays else []),
    ]
    ends = (0, 3, 9) if wanted in ("later", "earlier") else (dates[0], f"{year}-03-07", f"{year}-02-01")
    return Sketch(
        name=name,
        parameters=tuple(parameters),
        returns={"count": "int", "list": "list[str]", "weekdays": "dict[int, int]"}.get(wanted, "str"),
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=tuple((dates[0], end, dates[1:3]) if holidays else (dates[0], end) for end in ends),
    )
