"""People who come to counters: who is served when and where, how long they wait, who turns away."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "simulation"
VERSION = 3
_THEMES = (
    ("customer", "customers", "counter", "counters"),
    ("car", "cars", "charging point", "charging points"),
    ("patient", "patients", "doctor", "doctors"),
    ("ship", "ships", "berth", "berths"),
    ("job", "jobs", "worker", "workers"),
    ("caller", "callers", "clerk", "clerks"),
    ("truck", "trucks", "ramp", "ramps"),
)


def sketch(draw: Draw) -> Sketch:
    one, many, server, servers = draw.pick(_THEMES)
    arrivals = draw.identifier(f"[arrivals|{many}|visits|schedule]")
    count = draw.identifier(f"[{servers}|open {servers}|n {servers}]")
    wanted = draw.pick(("waits", "total", "longest", "ends", "last", "places", "loads", "late"))
    patience = draw.pick((None, None, draw.number(2, 6)))
    pause = draw.pick((0, 0, draw.number(1, 3)))
    bound = draw.number(1, 4)
    name = draw.identifier(
        {
            "waits": "[waiting times|waits|list waits]",
            "total": "[total|sum of] [waiting time|waits]",
            "longest": "[longest|greatest|worst] wait",
            "ends": "[finishing times|ends of service|departures]",
            "last": "[closing time|end of work|last departure]",
            "places": f"[assign {servers}|{server} numbers|who goes where]",
            "loads": f"[served per {server}|{server} loads|busy times]",
            "late": f"[count|number of] [late starts|long waits|waiting {many}]",
        }[wanted]
    )
    free, place = draw.pick((("free", "place"), ("free_at", "best"), ("ready", "number"), ("available", "k")))
    more = f" + {pause}" if pause else ""
    results = {
        "waits": ("waits = []", "waits.append(start - come)", "waits"),
        "total": ("total = 0", "total += start - come", "total"),
        "longest": ("longest = 0", "longest = max(longest, start - come)", "longest"),
        "ends": ("ends = []", "ends.append(start + needed)", "ends"),
        "last": ("last = 0", "last = max(last, start + needed)", "last"),
        "places": ("places = []", f"places.append({place})", "places"),
        "loads": (f"loads = [0] * {count}", f"loads[{place}] += needed", "loads"),
        "late": ("late = 0", f"late += start - come >= {bound}", "late"),
    }
    begin, note, answer = results[wanted]
    leave = f"\n                if start - come > {patience}:\n                    continue" if patience else ""
    by_list = f"""
            {free} = [0] * {count}
            {begin}
            for come, needed in {arrivals}:
                # whichever is free first, of several the one with the lowest number
                {place} = {free}.index(min({free}))
                start = max(come, {free}[{place}]){leave}
                {free}[{place}] = start + needed{more}
                {note}
            return {answer}
    """
    by_heap = f"""
            {free} = [(0, {place}) for {place} in range({count})]
            {begin}
            for come, needed in {arrivals}:
                since, {place} = {free}[0]
                start = come if since < come else since{leave}
                heapreplace({free}, (start + needed{more}, {place}))
                {note}
            return {answer}
    """
    solutions = [Code(by_list, style="simulation"), Code(by_heap, "from heapq import heapreplace", "library")]
    draw.random.shuffle(solutions)
    served = (
        " who is served"
        if patience and one in ("customer", "patient", "caller")
        else " that is served"
        if patience
        else ""
    )
    tasks = {
        "waits": f"[list|return] how long each of the {many}{served} has to wait, in the order of arrival",
        "total": f"[add up|sum up|return the sum of] the waiting times of all {many}{served}".replace(
            "is served", "are served"
        ),
        "longest": f"[find|return] the longest time for which one of the {many}{served} has to wait",
        "ends": f"[list|return] when each of the {many}{served} is finished, in the order of arrival",
        "last": f"[find|return] when the last of the {many} is finished",
        "places": f"[list|return] the number of the {server} for each of the {many}{served}, in the order of arrival",
        "loads": f"[list|return] for how long each of the {servers} has served",
        "late": f"[count the|return the number of] {many} for which the wait is at least {bound} "
        + ("minute" if bound == 1 else "minutes"),
    }
    rules = [
        f"Each of the {many} goes to the {server} that has been free for longest or will be free first; of several "
        f"such {servers} that with the lowest number is taken, and they are numbered from 0.",
        draw.say(f"[At first|At time 0] all {servers} are free, and all times are in minutes."),
    ]
    if pause:
        rules.append(
            f"After each of the {many} a {server} needs {pause} more minute{'s' * (pause > 1)} before the next."
        )
    if patience:
        rules.append(f"Whoever would have to wait for more than {patience} minutes leaves at once and is not served.")
    if wanted in ("longest", "last"):
        rules.append(draw.say(f"[Without {many}|If there are no {many}], the result is 0."))

    def sample(random: Random) -> tuple[list[tuple[int, int]], int]:
        now = 0
        visits = []
        for _ in range(random.randint(0, 7)):
            now += random.choice((0, 1, 1, 2, 4))
            visits.append((now, random.randint(1, 9)))
        return visits, random.randint(1, 3)

    return Sketch(
        name=name,
        parameters=(
            Parameter(
                arrivals,
                "list[tuple[int, int]]",
                f"the time of arrival and the duration of service of each of the {many}, in the order of arrival",
            ),
            Parameter(count, "int", f"the number of {servers}"),
        ),
        returns="list[int]" if wanted in ("waits", "ends", "places", "loads") else "int",
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(
            ([], 1),
            ([(0, 5), (1, 4), (2, 3)], 1),
            ([(0, 5), (0, 2), (1, 6), (3, 3), (3, 1)], 2),
            ([(2, 1), (7, 3)], 2),
        ),
    )
