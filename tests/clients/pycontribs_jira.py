"""jira of PyPI (pycontribs), as for a Jira in the cloud."""

import io
import json
import sys
from importlib.metadata import version

from world import World, same  # First: it puts the clock in place that the others import.

from jira import JIRA

WORLD = World(sys.argv[1])


def client(**settings):
    return JIRA(WORLD.url, token_auth="any", options={"rest_api_version": "3"}, **settings)


C = client()
# Texts are plain in version 2 of the API.
TEXTS = JIRA(WORLD.url, token_auth="any")
NEW = {"project": "P2", "summary": "Fresh", "issuetype": {"name": "Task"}}


def names(values):
    return [value.name for value in values]


def issue():
    made = TEXTS.create_issue(fields={**NEW, "description": "How"})
    made.update(fields={"summary": "Fresher"})
    read = TEXTS.issue(made.key)
    made.delete()
    return same([read.fields.summary, read.fields.description], ["Fresher", "How"])


def transition():
    made = C.create_issue(fields=NEW)
    C.transition_issue(made.key, "Done")
    return same(C.issue(made.key).fields.status.name, "Done")


def assign():
    C.assign_issue("P1-20000", "User 3")
    return same(C.issue("P1-20000").fields.assignee.accountId, "user-3")


def comment():
    made = TEXTS.add_comment("P1-20000", "hm")
    made.update(body="oh")
    bodies = [one.body for one in TEXTS.comments("P1-20000")]
    made.delete()
    return same([bodies, TEXTS.comments("P1-20000")], [["oh"], []])


def worklog():
    C.add_worklog("P1-20000", timeSpentSeconds=3_600)
    return same([log.timeSpentSeconds for log in C.worklogs("P1-20000")], [3_600])


def attachment():
    made = C.add_attachment("P1-20000", io.BytesIO(b"\x00\xffbytes"), "a.bin")
    read = C.issue("P1-20000").fields.attachment[0]
    seen = [read.filename, read.get(), made.size]
    made.delete()
    return same(seen, ["a.bin", b"\x00\xffbytes", 7])


def labels():
    made = C.create_issue(fields={**NEW, "labels": ["old"]})
    made.update(fields={"labels": ["new"]})
    return same(C.issue(made.key).fields.labels, ["new"])


READS = {
    "myself": lambda: same(C.myself()["accountId"], "user-1"),
    "server_info": lambda: same(C.server_info()["deploymentType"], "Cloud"),
    "issue": lambda: same(C.issue("P1-20000").fields.summary, "Issue 1"),
    "issue of two fields": lambda: same(
        "description" in C.issue("P1-20000", fields="summary,status").raw["fields"], False
    ),
    "projects": lambda: same(len(C.projects()), 5),
    "project": lambda: same(C.project("P3").name, "Project 3"),
    "fields": lambda: same("summary" in [field["id"] for field in C.fields()], True),
    "priorities": lambda: same(len(C.priorities()), 5),
    "statuses": lambda: same(names(C.statuses()), ["To Do", "In Progress", "Done"]),
    "resolutions": lambda: same("Done" in names(C.resolutions()), True),
    "issue_types": lambda: same(names(C.issue_types()), ["Task", "Bug", "Story"]),
    "transitions": lambda: same(len(C.transitions("P1-20000")), 3),
    "user": lambda: same(C.user("user-9").displayName, "User 9"),
    "search_users": lambda: same(len(C.search_users(query="User 12")), 1),
    "search_assignable_users_for_issues": lambda: same(
        len(C.search_assignable_users_for_issues(query="User 12", project="P1")), 1
    ),
    "group_members": lambda: same(len(C.group_members("group 2")), 10),
    "createmeta": lambda: same(len(C.createmeta(projectKeys="P1")["projects"][0]["issuetypes"]), 3),
    "project_components": lambda: same(C.project_components("P1"), []),
    "project_versions": lambda: same(C.project_versions("P1"), []),
    "approximate_issue_count": lambda: same(C.approximate_issue_count("project = P2"), 200),
}
PAGES = {
    "enhanced_search_issues": lambda: same(
        len({one.key for one in C.enhanced_search_issues("project = P2", maxResults=0)}), 200
    ),
    "search_issues": lambda: same(len({one.key for one in C.search_issues("project = P2", maxResults=False)}), 200),
    "search_issues by OR, IN, ORDER BY": lambda: same(
        [
            one.key
            for one in C.enhanced_search_issues(
                "key in (P1-20000, P2-20001) OR id = 20003 ORDER BY id DESC", maxResults=3
            )
        ],
        ["P4-20003", "P2-20001", "P1-20000"],
    ),
}
WRITES = {
    "create_issue, update, delete": issue,
    "transition_issue": transition,
    "assign_issue": assign,
    "add_comment, update, delete": comment,
    "add_worklog": worklog,
    "add_attachment, read, delete": attachment,
    "labels": labels,
}
# What goes wrong by the client's own doing, and why.
KNOWN = {}
SETTINGS = {"as it comes": {}, "max_retries=10": {"max_retries": 10}}


def refusals(settings):
    # Otherwise it asks for the server's version before anything else.
    one = client(get_server_info=False, **settings)
    return WORLD.refusals(
        one.myself,
        lambda: one._session.post(
            one._get_url("issue"), data=json.dumps({"fields": {"project": {"key": "P1"}, "summary": "Only once"}})
        ),
    )


print(
    json.dumps(
        {
            "client": "jira",
            "version": version("jira"),
            "known": KNOWN,
            "reads": WORLD.tasks(READS),
            "pages": WORLD.tasks(PAGES),
            "writes": WORLD.tasks(WRITES),
            "refusals": {name: refusals(settings) for name, settings in SETTINGS.items()},
        }
    )
)
