// Looks at a page in a browser, by light and dark, on a phone and on a desk, and prints what it saw as JSON.
//
//   node page.mjs <browser> <page> [<folder for pictures>]
import { chromium } from 'playwright-core';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, page, pictures] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: program,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const views = [];
for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    const view = { colorScheme, width, errors: [], requests: [] };
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const tab = await context.newPage();
    tab.on('console', message => { if (message.type() === 'error' || message.type() === 'warning') view.errors.push(message.text()); });
    tab.on('pageerror', error => view.errors.push(String(error)));
    tab.on('request', request => { if (!/^(file|data):/.test(request.url())) view.requests.push(request.url()); });
    tab.on('dialog', dialog => { view.errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    await tab.goto(pathToFileURL(page).href);
    await tab.locator('details summary').click();
    view.overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    view.rows = await tab.locator('#packages tbody tr:visible').count();
    view.faint = await tab.evaluate(faint);
    if (pictures) {
      await tab.screenshot({ path: path.join(pictures, `${colorScheme}-${width}.png`), fullPage: true });
    }
    await tab.getByLabel('Show those with').fill('PACKAGE-7');
    view.filtered = await tab.locator('#packages tbody tr:visible').count();
    view.said = await tab.locator('#packages-said').textContent();
    view.title = await tab.title();
    views.push(view);
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify(views));

/** Texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3). */
function faint() {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    if (!node.textContent.trim() || !owner.checkVisibility() || ['SCRIPT', 'STYLE'].includes(owner.tagName)) {
      continue;
    }
    let behind = owner;
    while (behind && /^rgba\(.*, 0\)$|^transparent$/.test(getComputedStyle(behind).backgroundColor)) {
      behind = behind.parentElement;
    }
    const [text, back] = [getComputedStyle(owner).color, behind ? getComputedStyle(behind).backgroundColor : 'rgb(255, 255, 255)'].map(luminance);
    const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (ratio < 4.5) {
      found.push(`${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 40)}`);
    }
  }
  return found;

  function luminance(color) {
    const [red, green, blue] = color.match(/[\d.]+/g).map(Number).map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
