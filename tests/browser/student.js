// Works through a lesson in JupyterLab as a student does: runs all cells from the menu, then puts an answer into the
// cells of an exercise and runs them and their check with the button, for each attempt in turn.
// node student.js URL TOKEN NOTEBOOK SHOTS < ATTEMPTS: [{edits: [[cell, source], …], check: cell}, …]. With SHOTS that
// isn't empty, pictures of the whole lesson go to SHOTS-01.png …. It prints one line of JSON, {red, attempts, questions}:
// `red` is the places of the cells that show an error after Run All, `attempts` of each the check's words (verdict), what
// the answer's own cells showed, and what of that was red.
const { chromium } = require("playwright-core");
const fs = require("fs");

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const RED = '[data-mime-type="application/vnd.jupyter.error"],[data-mime-type="application/vnd.jupyter.stderr"]';
const IDLE = /^\[\d+\]:$/;
const PATIENCE = 90000;

async function main(server, token, notebook, shots) {
  const attempts = JSON.parse(fs.readFileSync(0, "utf-8"));
  const browser = await chromium.launch({ executablePath: process.env.IBNB_CHROMIUM, args: QUIET });
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 1500 } });
    // All cells stay in the page, so that each can be found by its place.
    const settings = await page.request.put(`${server}/lab/api/settings/@jupyterlab/notebook-extension:tracker`, {
      headers: { Authorization: `token ${token}` }, data: { raw: '{"windowingMode": "none"}' },
    });
    if (!settings.ok()) throw new Error(`settings: ${settings.status()}`);
    await page.goto(`${server}/lab/workspaces/student-${notebook.split(".")[0]}/tree/${notebook}?token=${token}`);
    await page.getByText("| Idle").waitFor({ timeout: PATIENCE });
    const cells = page.locator(".jp-Notebook .jp-Cell");
    const prompts = () => page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").allInnerTexts();

    await page.locator(".lm-MenuBar-item", { hasText: "Run" }).click();
    await page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();
    for (const end = Date.now() + PATIENCE; !(await prompts()).every((each) => IDLE.test(each.trim()));) {
      if (Date.now() > end) throw new Error(`not all cells have run: ${await prompts()}`);
      await page.waitForTimeout(200);
    }
    const red = await cells.evaluateAll((all, what) =>
      all.flatMap((each, place) => (each.querySelector(what) ? [place] : [])), RED);

    const run = async (place) => {
      const cell = cells.nth(place), prompt = cell.locator(".jp-InputPrompt");
      const before = await prompt.innerText();
      await page.locator('.jp-NotebookPanel-toolbar [data-command="notebook:run-cell-and-select-next"]').click();
      return async () => {
        for (const end = Date.now() + PATIENCE; ; await page.waitForTimeout(30)) {
          const now = (await prompt.innerText()).trim();
          if (IDLE.test(now) && now !== before.trim()) return;
          if (Date.now() > end) throw new Error(`cell ${place} doesn't end: ${await cell.innerText()}`);
        }
      };
    };
    const said = [];
    for (const { edits, check } of attempts) {
      let shown = "", wrong = "";
      for (const [place, source] of edits) {
        await cells.nth(place).locator(".cm-content").click();
        await page.keyboard.press("Control+a");
        await page.keyboard.insertText(source);
        await (await run(place))();
        shown += (await cells.nth(place).locator(".jp-OutputArea-output").allInnerTexts()).join("\n");
        wrong += (await cells.nth(place).locator(RED).allInnerTexts()).join("\n");
      }
      await cells.nth(check).locator(".cm-content").click();
      await (await run(check))();
      const output = cells.nth(check).locator(".jp-OutputArea-output");
      said.push({ verdict: (await output.allInnerTexts()).join("\n"), shown, red: wrong });
    }

    if (shots) {
      const view = page.locator(".jp-WindowedPanel-outer").first();
      const [height, step] = await view.evaluate((outer) => [outer.scrollHeight, outer.clientHeight]);
      for (let top = 0, shot = 1; top < height; top += step, shot += 1) {
        await view.evaluate((outer, to) => outer.scrollTo(0, to), top);
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${shots}-${String(shot).padStart(2, "0")}.png` });
      }
    }
    return { red, attempts: said, questions: await page.locator(".jp-Dialog, .Toastify__toast").allInnerTexts() };
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => { console.error(error); process.exitCode = 1; },
);
