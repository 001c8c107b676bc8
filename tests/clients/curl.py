"""curl. It cannot be kept from sleeping, so it is told one second, and the server's clock follows what it says."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

from world import REFUSALS, World, same

WORLD = World(sys.argv[1])
# `late` stays what it is: nobody waits for it in the settings below. A date means the machine's clock to curl.
TOLD = {name: {**refusal, "seconds": 1} for name, refusal in REFUSALS.items() if name not in ("late", "dated")}
TOLD["late"] = REFUSALS["late"]
WAIT = re.compile(r"[Ww]ill retry in ([0-9.]+) s")
STATUS = re.compile(r"returned error: ([0-9]+)")


class Failed(Exception):
    """curl's exit code, and the last status that it tells of."""

    def __init__(self, code, status):
        super().__init__(f"exit {code}, {status}")
        self.name = f"exit {code}"
        self.response = SimpleNamespace(status_code=status)


def curl(path, *options):
    """Runs curl, and lets the server's time pass when curl says that it waits."""
    url = path if path.startswith("http") else f"{WORLD.url}{path}"
    command = [
        "curl",
        "--disable",
        "--no-progress-meter",
        "--fail",
        "--noproxy",
        "*",
        "-H",
        "Authorization: Bearer any",
    ]
    with subprocess.Popen([*command, *options, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        status = None
        for line in map(bytes.decode, process.stderr):
            if wait := WAIT.search(line):
                WORLD.sleep(float(wait[1]))
            elif told := STATUS.search(line):
                status = told[1]
        out = process.stdout.read()
    if process.returncode != 0:
        raise Failed(process.returncode, status)
    return out


def read(path, *options):
    return json.loads(curl(path, *options))


def write(path, body, *options):
    return read(path, "-H", "Content-Type: application/json", "--data", json.dumps(body), *options)


def to_the_end(path, follow):
    """How many different objects a list has, page by page."""
    found = set()
    while path:
        page = read(path)
        found |= {one.get("id") or one["slug"] for one in page.get("results") or page["values"]}
        path = follow(page)
    return len(found)


def page():
    made = write("/wiki/api/v2/pages", {"spaceId": "2", "title": "Fresh"})
    path = f"/wiki/api/v2/pages/{made['id']}"
    write(path, {"id": made["id"], "title": "Fresher", "version": {"number": 2}}, "-X", "PUT")
    title = read(path)["title"]
    curl(path, "-X", "DELETE")
    return same(title, "Fresher")


def attachment():
    content = "content of this file, with a line\nand another"
    path = "/wiki/rest/api/content/100000/child/attachment"
    made = read(path, "-H", "X-Atlassian-Token: no-check", "-F", f"file={content};filename=a.txt")["results"][0]
    return same(curl(f"{path}/{made['id']}/download", "--location").decode(), content)


READS = {
    "page": lambda: same(read("/wiki/api/v2/pages/100004")["title"], "Page 5"),
    "issue": lambda: same(read("/rest/api/3/issue/P1-20000")["fields"]["summary"], "Issue 1"),
    "repository": lambda: same(read("/2.0/repositories/team/repository-3")["slug"], "repository-3"),
    "GraphQL": lambda: same("data" in write("/graphql", {"query": "{ pages(first: 4) { nodes { id } } }"}), True),
}
PAGES = {
    "v1 `_links.next`": lambda: same(
        to_the_end(
            "/wiki/rest/api/content?spaceKey=S4&limit=30",
            lambda page: "next" in page["_links"] and "/wiki" + page["_links"]["next"],
        ),
        100,
    ),
    "v2 `_links.next`": lambda: same(
        to_the_end("/wiki/api/v2/spaces/4/pages?limit=30", lambda page: page["_links"].get("next")), 100
    ),
    "Bitbucket `next`": lambda: same(to_the_end("/2.0/repositories/team?pagelen=7", lambda page: page.get("next")), 20),
}
WRITES = {
    "page: create, update, delete": page,
    "attachment: upload, download": attachment,
}
SETTINGS = ["", "--retry 3 --retry-max-time 60"]


def refusals(options):
    new = {"spaceId": "1", "title": "Only once"}
    return WORLD.refusals(
        lambda: curl("/wiki/api/v2/pages/100000", *options),
        lambda: write("/wiki/api/v2/pages", new, *options),
        TOLD,
        (0.5,),
    )


version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
print(
    json.dumps(
        {
            "client": "curl",
            "version": version,
            "known": {},
            "reads": WORLD.tasks(READS),
            "pages": WORLD.tasks(PAGES),
            "writes": WORLD.tasks(WRITES),
            "refusals": {options or "as it comes": refusals(options.split()) for options in SETTINGS},
        }
    )
)
