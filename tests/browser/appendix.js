// Opens the course's first page in JupyterLab, follows its link to an appendix, and looks at what comes.
// node appendix.js URL TOKEN NOTEBOOK SHOTS: a picture goes to SHOTS.png, and it prints one line of JSON, {heading, rows}.
const { chromium } = require("playwright-core");

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

async function main(server, token, notebook, shots) {
  const browser = await chromium.launch({ executablePath: process.env.IBNB_CHROMIUM, args: QUIET });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server}/lab/workspaces/appendix/tree/${notebook}?token=${token}`);
    await page.getByText("| Idle").waitFor({ timeout: 90000 });
    const link = page.getByRole("link", { name: "Error atlas" });
    const view = page.locator(".jp-WindowedPanel-outer").first();
    for (let top = 0; !(await link.count()); top += 400) {
      await view.evaluate((outer, to) => outer.scrollTo(0, to), top);
      await page.waitForTimeout(200);
    }
    await link.first().click();
    const preview = page.locator(".jp-MarkdownViewer");
    await preview.locator("table").first().waitFor({ timeout: 90000 });
    await page.screenshot({ path: `${shots}.png` });
    console.log(JSON.stringify({
      heading: await preview.locator("h1").first().innerText(),
      rows: await preview.locator("tr").count(),
    }));
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
