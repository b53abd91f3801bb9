"""A headless browser, and what the checks of pages ask it."""
import base64
import contextlib
import pathlib

from selenium import webdriver

# Elements whose text has too little contrast with what is behind it (WCAG 2.1, AA: 4.5, or 3 for large text).
LOW_CONTRAST = """
const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const luminance = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
function background(element) {
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
  const page = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  return layers.reverse().reduce((below, layer) => over(layer, below), page);
}
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const box = element.getBoundingClientRect();
  if (!own || !box.width || !box.height || element.closest("script, style, option, :disabled")) continue;
  const style = getComputedStyle(element);
  if (style.visibility !== "visible" || Number(style.opacity) === 0) continue;
  const svg = element.ownerSVGElement;
  const behind = background(element);
  const colour = over(parse(svg ? style.fill : style.color), behind);
  const [a, b] = [luminance(colour), luminance(behind)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  const size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  if (ratio < least) found.push(`${element.tagName} "${element.textContent.trim().slice(0, 40)}" ${ratio.toFixed(2)}`);
}
return found;
"""

# What can be used by a pointer and has no name for those who do not see it, or cannot be reached by keys.
UNREACHABLE = """
return [...document.querySelectorAll("button, input, select, textarea, [role=slider], [role=button]")].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!box.width || !box.height) return false;
  const name = e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title || e.textContent.trim()
    || (e.labels && e.labels.length);
  return !name || e.tabIndex < 0 && !e.closest("[role=radiogroup], [role=grid], [role=tablist]");
}).map((e) => e.outerHTML.slice(0, 120));
"""


@contextlib.contextmanager
def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path="/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def show(driver, width, theme):
    """Sets width and theme as a person's screen has them."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": theme}]})


def faults(driver):
    """What is wrong with the page that is open, at the present width and theme."""
    found = [f"low contrast: {text}" for text in driver.execute_script(LOW_CONTRAST)]
    found += [f"cannot be used without a mouse, or has no name: {text}" for text in driver.execute_script(UNREACHABLE)]
    excess = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if excess > 0:
        found.append(f"the page is {excess} pixels wider than the screen")
    found += [f"console: {entry['message']}" for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    return found


def screenshot(driver, folder, name):
    """The whole page as a picture."""
    if folder is None:
        return
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
    (pathlib.Path(folder) / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
