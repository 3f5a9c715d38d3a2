// Opens a lesson in JupyterLab as a student does, runs all cells from the menu, and waits for the last one.
// node lesson.js URL TOKEN NOTEBOOK SHOTS: pictures go to SHOTS-1.png …, and it prints one line of
// JSON, {cells, widgets, figures, questions}: of each figure the words that a screen reader has for it, maybe none.
const { chromium } = require("playwright-core");

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

// What is drawn in the outputs and in the text that is near the window: by what it shows, the words for it.
function figures() {
  const found = [];
  for (const each of document.querySelectorAll(".jp-OutputArea-output img,.jp-OutputArea-output canvas," +
    ".jp-OutputArea-output svg,.jp-RenderedMarkdown img,.jp-RenderedMarkdown svg")) {
    if (!each.getClientRects().length || each.closest(".jupyter-widgets,[aria-hidden=true]")) continue;
    const title = each.querySelector("title");
    const words = each.getAttribute("alt") || each.getAttribute("aria-label") || (title && title.textContent) || "";
    found.push([each.outerHTML, words]);
  }
  return found;
}

async function main(server, token, notebook, shots) {
  const browser = await chromium.launch({ executablePath: process.env.IBNB_CHROMIUM, args: QUIET });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    // A workspace of its own: else JupyterLab opens again what an earlier test had open.
    await page.goto(`${server}/lab/workspaces/${notebook.split(".")[0]}/tree/${notebook}?token=${token}`);
    await page.getByText("| Idle").waitFor({ timeout: 90000 });
    await page.locator(".lm-MenuBar-item", { hasText: "Run" }).click();
    await page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();

    // The saved file tells when all have run, since JupyterLab keeps only the cells near the window in the page.
    let cells = [];
    while (!cells.length || !cells.every((cell) => cell.execution_count)) {
      await page.waitForTimeout(1000);
      await page.getByText("| Idle").waitFor({ timeout: 90000 });
      // Not the mark of an unsaved notebook: a live widget sets it again at once.
      const saved = page.waitForResponse((answer) =>
        answer.request().method() === "PUT" && answer.url().includes("/api/contents/"), { timeout: 90000 });
      await page.keyboard.press("Control+s");
      await saved;
      const answer = await page.request.get(`${server}/api/contents/${notebook}`, {
        headers: { Authorization: `token ${token}` },
      });
      cells = (await answer.json()).content.cells.filter((cell) => cell.cell_type === "code");
    }

    const view = page.locator(".jp-WindowedPanel-outer").first();
    const [height, step] = await view.evaluate((outer) => [outer.scrollHeight, outer.clientHeight]);
    let widgets = 0;
    const drawn = new Map();
    for (let top = 0, shot = 1; top < height; top += step, shot += 1) {
      await view.evaluate((outer, to) => outer.scrollTo(0, to), top);
      await page.waitForTimeout(500);
      widgets += await page.locator(".jp-OutputArea-output .jupyter-widgets:visible").count();
      for (const [what, words] of await page.evaluate(figures)) drawn.set(what, words);
      await page.screenshot({ path: `${shots}-${shot}.png` });
    }
    return {
      cells,
      widgets,
      figures: [...drawn.values()],
      questions: await page.locator(".jp-Dialog, .Toastify__toast").allInnerTexts(),
    };
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => { console.error(error); process.exitCode = 1; },
);
