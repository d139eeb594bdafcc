"""A real browser, and what it shows: pixels, words, what it complained about and asked for."""

import io
import json
import shutil
from collections import Counter
from importlib.util import find_spec

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
DEADLINE_S = 30
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,1000",
)
#: The words of all tips that are shown; Bokeh keeps them in shadow trees.
_TIPS = """
const found = [];
const walk = (node) => {
  if (node.matches && node.matches(".bk-Tooltip") && node.getBoundingClientRect().width > 0)
    found.push((node.shadowRoot || node).textContent);
  if (node.shadowRoot) walk(node.shadowRoot);
  for (const child of node.children || []) walk(child);
};
walk(document.body);
return found;
"""


def why_not():
    """Why there is no browser to test with; "" if there is one."""
    missing = [
        name for name, path in (("chromium", CHROMIUM), ("chromedriver", DRIVER)) if not path
    ]
    if find_spec("selenium") is None:
        missing.append("selenium")
    return f"there is no {' and no '.join(missing)} here" if missing else ""


class Browser:
    """One that is 1280 wide and as high as the page, so that nothing covers anything."""

    def __init__(self, profile):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.shown = None
        service = webdriver.ChromeService(executable_path=DRIVER)
        self.driver = webdriver.Chrome(options=options, service=service)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, file):
        """Open ``file`` and wait until its charts are drawn."""
        self.shown = file
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.driver.get(file.as_uri())
        self.until("return document.documentElement.dataset.ready === 'yes'")
        height = self.js("return document.documentElement.scrollHeight")
        size = {"width": 1280, "height": height + 200, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.painted()

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def until(self, script):
        """Wait for ``script`` to return something true, which is returned."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, DEADLINE_S, 0.02).until(lambda _: self.js(script))

    def painted(self):
        """Wait until what was asked for is on the screen."""
        self.driver.execute_async_script(
            "const done = arguments[0]; let frames = 0;"
            "const next = () => (frames++ < 4 ? requestAnimationFrame(next) : done());"
            "next();"
        )

    def text(self, id):
        """What a reader sees of an element."""
        return self.js("return document.getElementById(arguments[0]).innerText", id)

    def look_at(self, seq):
        """Move the slider as a person does."""
        self.js(
            "const slider = document.getElementById('slider'); slider.value = arguments[0];"
            "slider.dispatchEvent(new Event('input'))",
            seq,
        )
        self.until(
            f"return document.getElementById('clock').textContent.startsWith('entry {seq} ')"
        )
        self.painted()

    def box(self, id):
        """Left, top, right and bottom of an element on the page."""
        return self.js(
            "const b = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return [b.left, b.top, b.right, b.bottom].map(Math.round)",
            id,
        )

    def picture(self, id):
        """The pixels of an element as they are on the screen."""
        from PIL import Image

        whole = Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        return whole.crop(self.box(id))

    def colors(self, id):
        """How many pixels of an element have which colour."""
        return Counter(
            {f"#{r:02x}{g:02x}{b:02x}": n for n, (r, g, b) in self.picture(id).getcolors(1 << 24)}
        )

    def places(self, id, color):
        """Where an element has a colour, from its left and top."""
        picture = self.picture(id)
        wanted = tuple(bytes.fromhex(color[1:]))
        width = picture.width
        pixels = picture.tobytes()
        return [
            (at // 3 % width, at // 3 // width)
            for at in range(0, len(pixels), 3)
            if tuple(pixels[at : at + 3]) == wanted
        ]

    def point_at(self, id, place, *, click=False):
        """Move the mouse there, and press it if told."""
        left, top, _, _ = self.box(id)
        x, y = left + place[0], top + place[1]
        for kind in ("mouseMoved", *(("mousePressed", "mouseReleased") if click else ())):
            self.driver.execute_cdp_cmd(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": x,
                    "y": y,
                    "button": "left" if click else "none",
                    "clickCount": 1,
                },
            )
        self.painted()

    def tips(self):
        """What is said beside the pointer."""
        return self.js(_TIPS)

    def complaints(self):
        """Warnings and errors in the console."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in {"WARNING", "SEVERE"}
        ]

    def asked_for(self):
        """Addresses that were asked for since the page was opened."""
        events = [
            json.loads(each["message"])["message"] for each in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
