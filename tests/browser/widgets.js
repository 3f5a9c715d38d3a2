// A notebook with every widget, in JupyterLab in a real browser: each one worked by clicks, then saved, its kernel
// stopped, and opened again.
// node widgets.js URL TOKEN NOTEBOOK SHOTS: pictures go to SHOTS-light.png …, and it prints one line of JSON.
const { chromium } = require("playwright-core");

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
// So high that JupyterLab keeps every cell in the page.
const VIEWPORT = { width: 1280, height: 5200 };
// Milliseconds for what comes on any machine.
const PATIENCE = 90000;
const SLEEP = "app.sleep('1 min')", END = "app.disconnect()";

// What the file's own writing is answered with; a theme is kept by another.
const SAVED = /^PUT .*\/api\/contents\//;

// The first that is so, or what there is after a while.
async function until(page, look, holds) {
  for (const end = Date.now() + PATIENCE; ; await page.waitForTimeout(200)) {
    const now = await look();
    if (holds(now) || Date.now() > end) return now;
  }
}

async function open(browser, address) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(address);
  await page.getByText("| Idle").waitFor({ timeout: PATIENCE });
  return page;
}

// What a screen reader would have no words for.
function wordless() {
  const named = (each) => each.textContent.trim() || each.getAttribute("aria-label") || each.getAttribute("aria-labelledby") ||
    (each.labels && [...each.labels].some((label) => label.textContent.trim()));
  const bad = [];
  for (const widget of document.querySelectorAll(".ibnb-live")) {
    for (const each of widget.querySelectorAll("input,select,button")) {
      if (each.offsetParent && !(each.matches("select") ? [...each.labels].some((label) => label.textContent.trim()) : named(each))) {
        bad.push(each.outerHTML.slice(0, 120));
      }
    }
    for (const each of widget.querySelectorAll("table")) {
      if (!each.getAttribute("aria-label") && !each.caption) bad.push(each.outerHTML.slice(0, 120));
    }
    for (const each of widget.querySelectorAll("svg,[role=img]")) {
      if (!each.getAttribute("aria-label")) bad.push(each.outerHTML.slice(0, 120));
    }
  }
  return bad;
}

// The least contrast of text in a widget's table against what is behind it (4.5 is WCAG's for text).
function contrast() {
  const channels = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const behind = (each) => {
    const grounds = [];
    for (let at = each; at; at = at.parentElement) {
      const ground = channels(getComputedStyle(at).backgroundColor);
      if (ground[3] > 0) grounds.push(ground);
      if (ground[3] === 1) break;
    }
    return grounds.reduceRight((below, [r, g, b, a]) =>
      [r, g, b].map((value, place) => value * a + below[place] * (1 - a)), [255, 255, 255]);
  };
  const light = (rgb) => rgb.map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  let [least, where] = [99, ""];
  for (const each of document.querySelectorAll(".ibnb-live th,.ibnb-live td,.ibnb-live td b,.ibnb-live p")) {
    if (!each.offsetParent || !each.textContent.trim()) continue;
    const [a, b] = [light(channels(getComputedStyle(each).color)), light(behind(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least) [least, where] = [ratio, each.textContent];
  }
  return [Math.round(least * 100) / 100, where];
}

async function main(server, token, notebook, shots) {
  const browser = await chromium.launch({ executablePath: process.env.IBNB_CHROMIUM, args: QUIET });
  const seen = {};
  try {
    const page = await open(browser, `${server}/lab/workspaces/widgets/tree/${notebook}?token=${token}`);
    const cell = (code) => page.locator(".jp-CodeCell").filter({ hasText: code }).first();
    const widget = (name) => cell(`ibnb.${name}(`).locator(".ibnb-live");
    const shows = (name, text) => widget(name).getByText(text).first().waitFor({ timeout: PATIENCE });
    const press = (name, label) => widget(name).getByRole("button", { name: label, exact: true }).click();
    const words = async (name) => (await widget(name).innerText()).trim();
    const run = async (code) => {
      await cell(code).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await page.getByText("| Idle").waitFor({ timeout: PATIENCE });
    };
    await page.locator(".lm-MenuBar-item", { hasText: "Run" }).click();
    await page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();
    for (const name of ["ConnectionPanel", "MessageTimeline"]) await widget(name).waitFor({ timeout: PATIENCE });
    await page.getByText("| Idle").waitFor({ timeout: PATIENCE });

    const alive = ["ConnectionPanel", "QuoteBoard", "DepthLadder", "OptionChain", "AccountPanel"];
    const before = Object.fromEntries(await Promise.all(alive.map(async (name) => [name, await words(name)])));
    await run(SLEEP);
    seen.still = [];
    for (const name of alive) {
      for (let tries = 0; (await words(name)) === before[name]; tries += 1) {
        if (tries === 450) { seen.still.push(name); break; }
        await page.waitForTimeout(200);
      }
    }

    await press("OrderTicket", "Preview");
    await shows("OrderTicket", "nothing was placed");
    await shows("OrderTicket", "Commission");
    await press("OrderTicket", "Place …");
    await shows("OrderTicket", "Nothing is sent yet");
    await press("OrderTicket", "Confirm BUY 10 NVDA MKT DAY (PAPER)");
    await shows("OrderTicket", "was sent.");
    await run(SLEEP);
    await shows("OrderTicket", "10 of 10 filled");
    await shows("OrderBlotter", "Filled");
    await press("OrderBlotter", "Cancel 1");
    await shows("OrderBlotter", "Order 1: Cancelled.");

    await widget("QuoteBoard").getByLabel("Symbol", { exact: true }).fill("TSLA");
    await press("QuoteBoard", "Add");
    await shows("QuoteBoard", "TSLA added.");
    await widget("QuoteBoard").getByLabel("Sort by").selectOption("last");
    await widget("QuoteBoard").locator("th[aria-sort=descending]", { hasText: "Last" }).waitFor({ timeout: PATIENCE });
    const lasts = () => widget("QuoteBoard").locator("tbody tr td:nth-child(7)").allInnerTexts();
    seen.sorted = await until(page, lasts, (each) => each.length === 4 && each.every((text) => /\d/.test(text)));
    await widget("QuoteBoard").getByLabel("Remove").first().selectOption("NVDA");
    await press("QuoteBoard", "Remove");
    await shows("QuoteBoard", "NVDA removed.");
    seen.rows = await widget("QuoteBoard").locator("tbody th").allInnerTexts();

    await widget("OptionChain").getByLabel("Expiry").selectOption({ index: 1 });
    await widget("OptionChain").getByText(before.OptionChain.match(/options of .*/)[0]).waitFor({ state: "detached" });
    await press("ScanBuilder", "Run");
    await shows("ScanBuilder", "10 found.");
    await widget("ScanBuilder").getByLabel("Sort by").selectOption("symbol");
    await widget("ScanBuilder").locator("th[aria-sort=ascending]", { hasText: "symbol" }).waitFor({ timeout: PATIENCE });
    seen.scanned = await widget("ScanBuilder").locator("tbody td:nth-child(2)").allInnerTexts();
    await widget("ContractBuilder").getByLabel("Type").selectOption("OPT");
    await widget("ContractBuilder").getByLabel("Strike").fill("200");
    await widget("ContractBuilder").getByLabel("Strike").press("Tab");
    await shows("ContractBuilder", "strike=200.0");
    await press("ContractBuilder", "Look up");
    await shows("ContractBuilder", "contracts fit");
    await widget("MessageTimeline").getByLabel("Show only").fill("previewed");
    await shows("MessageTimeline", "No request with 'previewed'.");
    await widget("MessageTimeline").getByLabel("Show only").fill("placeOrder");
    await shows("MessageTimeline", "placeOrder");
    await press("AccountPanel", "Kill switch …");
    await press("AccountPanel", "Confirm: block new orders, cancel all open ones");
    await shows("AccountPanel", "FIRED");
    await widget("OrderBlotter").getByText("Cancelled", { exact: true }).nth(1).waitFor({ timeout: PATIENCE });

    seen.wordless = await page.evaluate(wordless);
    seen.light = await page.evaluate(contrast);
    const ground = () => page.evaluate(() => getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor);
    const bright = await ground();
    await page.screenshot({ path: `${shots}-light.png` });
    await page.locator(".lm-MenuBar-item", { hasText: "Settings" }).click();
    await page.locator(".lm-Menu-item", { hasText: "Theme" }).first().click();
    await page.getByRole("menuitem", { name: "JupyterLab Dark", exact: true }).click();
    await page.locator("body[data-jp-theme-light=false]").waitFor({ state: "attached", timeout: PATIENCE });
    await until(page, ground, (now) => now !== bright);
    await page.waitForTimeout(1000);
    seen.dark = await page.evaluate(contrast);
    await page.screenshot({ path: `${shots}-dark.png` });

    await run(END);
    await shows("ConnectionPanel", "disconnect() was called");
    await shows("QuoteBoard", "stale: not connected");
    seen.live = await page.locator(".ibnb-live:visible").count();
    seen.twins = await page.locator(".ibnb-still:visible").count();

    const saved = page.waitForResponse((answer) => SAVED.test(`${answer.request().method()} ${answer.url()}`), { timeout: PATIENCE });
    await page.keyboard.press("Control+s");
    await saved;
    const headers = { Authorization: `token ${token}` };
    for (const session of await (await page.request.get(`${server}/api/sessions`, { headers })).json()) {
      if (session.path === notebook) await page.request.delete(`${server}/api/sessions/${session.id}`, { headers });
    }
    await page.close();
    const again = await open(browser, `${server}/lab/workspaces/again/tree/${notebook}?token=${token}`);
    const tables = () => again.locator(".ibnb-still:visible").allInnerTexts();
    seen.tables = await until(again, tables, (each) => each.length >= seen.live && each.every((text) => text.trim()));
    await again.waitForTimeout(2000);
    seen.lost = await again.getByText("model not found").locator("visible=true").count();
    await again.screenshot({ path: `${shots}-again.png` });
    return seen;
  } catch (error) {
    const pages = browser.contexts().flatMap((each) => each.pages());
    await pages.at(-1)?.screenshot({ path: `${shots}-failed.png` });
    throw error;
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => { console.error(error); process.exitCode = 1; },
);
