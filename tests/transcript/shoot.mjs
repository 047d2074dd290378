// Takes pictures: node shoot.mjs PACKAGES PAGE.html PICTURE.png [PAGE.html PICTURE.png ...]
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, ...pairs] = process.argv.slice(2);
const wanted = createRequire(pathToFileURL(`${packages}/package.json`));
const load = async (name) => import(pathToFileURL(wanted.resolve(name)).href);
const chromium = (await load("@sparticuz/chromium")).default;
const puppeteer = (await load("puppeteer-core")).default;

const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  headless: "shell",
});
const page = await browser.newPage();
await page.setViewport({ width: 940, height: 400, deviceScaleFactor: 1.25 });
for (let each = 0; each < pairs.length; each += 2) {
  await page.goto(pathToFileURL(pairs[each]).href);
  await page.evaluate(() => document.fonts.ready);
  const scene = await page.$("#scene");
  await scene.screenshot({ path: pairs[each + 1] });
}
await browser.close();
