"""Uses the live page as a person does, and has axe look at it.

Arguments: the browser's program, the server's address, its control token. Ends with an error at the first thing that is
not as it should be.
"""

import re
import sys
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

BROWSER, URL, TOKEN = sys.argv[1:]
LATEST = "#request-rows tr:first-child"
# Nothing waits so long, unless the machine is busy with all else that is tested.
expect.set_options(timeout=30_000)


def ask(tenant):
    fields = {"Authorization": "Bearer any", "X-Headroom-Tenant": tenant}
    urllib.request.urlopen(urllib.request.Request(f"{URL}/rest/api/3/myself", headers=fields)).read()


def log_in(page):
    """By keyboard alone; a wrong token is said to be wrong."""
    page.goto(f"{URL}/_headroom/")
    expect(page.get_by_role("status")).to_have_text("This server asks for its control token.")
    expect(page.get_by_role("main")).to_be_hidden()
    for given, said in [("wrong", "The token is wrong."), (TOKEN, "Connected.")]:
        page.get_by_label("Control token").fill(given)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text(said)
    expect(page.get_by_label("Control token")).to_be_hidden()
    expect(page.get_by_role("main")).to_be_focused()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""], "the token is kept"


def follow(page):
    """What comes is told by the stream, markup in a name as text; what stands still stands still."""
    name = "<img src=x onerror=alert(1)>"
    ask(name)
    expect(page.locator(LATEST)).to_contain_text(name)
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    ask("later")
    # Tenants that a person asks for come all the same, and by then the stream has told of the request too.
    expect(page.get_by_role("button", name="Next tenants")).to_be_enabled()
    page.get_by_role("button", name="Next tenants").click()
    expect(page.locator("#tenant-rows")).to_contain_text("tenant-050")
    page.get_by_role("button", name="From the beginning").click()
    expect(page.locator("#tenant-rows")).to_contain_text("tenant-000")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(LATEST)).to_contain_text("later")


def walk(page):
    """Tab leads first past the navigation and then through it, and one sees where one is."""
    page.goto(f"{URL}/_headroom/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main", "the first stop skips to the figures"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "points"
    style = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert re.search(r"solid [1-9]", style), f"the focus is not seen: {style}"


def look(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for width in [1280, 390]:
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("#chart path").first).to_be_attached()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{scheme}, {width} px: it scrolls sideways by {wide} px"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}, {width} px: {found.generate_report()}"


def main():
    for number in range(60):
        ask(f"tenant-{number:03}")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(reduced_motion="reduce")
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # A refused token is an answer of 401, of which the browser tells too.
        page.on("console", lambda line: complaints.append(line.text) if "401" not in line.text else None)
        log_in(page)
        follow(page)
        for scheme in ["light", "dark"]:
            look(page, scheme)
        walk(page)
        assert not complaints, f"the console says {complaints}"
        browser.close()


main()
