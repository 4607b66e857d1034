// Opens the HTML of `inspect` in a browser, in both themes, narrow, wide and for print, with axe-core's checks of accessibility.
//
//     node tests/interop/check_html.mjs target/debug/linq-export DIR
//
// DIR has the packages of package.json. Exits with 77 if the browser does not start here.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, packages] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(packages, 'package.json'));
const load = async (name) => (await import(pathToFileURL(require.resolve(name)))).default;

const home = mkdtempSync(join(tmpdir(), 'inspect-'));
const at = (name) => join(home, name);

function run(...options) {
  return execFileSync(program, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function assert(holds, says) {
  if (!holds) throw new Error(says);
}

/** Exports twice, and writes the page of the second one. */
function write() {
  const sandbox = ['contacts', '--sandbox', '--rate', 'unlimited', '--quiet'];
  run(...sandbox, '--sandbox-contacts', '2500', '-o', at('old.ndjson'));
  run(...sandbox, '--sandbox-contacts', '2600', '-o', at('new.ndjson'));
  run('inspect', at('new.ndjson'), '--html', at('new.html'), '--duplicates', at('ids.csv'), '--compare', at('old.ndjson'));
  return readFileSync(at('new.html'), 'utf8');
}

/** No name, address or number of a contact is in the page. Short words may be there by chance. */
function checkValues(html) {
  const contacts = readFileSync(at('new.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  // Some contacts are called like a part of an owner's name.
  const owners = new Set(contacts.map((contact) => contact.owner_name).filter((name) => name));
  const rest = [...owners].reduce((text, name) => text.replaceAll(name, ''), html);
  for (const contact of contacts) {
    for (const key of ['email', 'phone_number', 'full_name', 'image_url']) {
      const value = contact[key];
      assert(!value || value.length < 8 || !rest.includes(value), `the ${key} of contact ${contact.id} is in the page`);
    }
  }
}

async function look(browser, axe) {
  for (const scheme of ['light', 'dark']) {
    for (const [width, media] of [[360, 'screen'], [1280, 'screen'], [800, 'print']]) {
      const page = await browser.newPage();
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => requests.push(`error: ${error}`));
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaType(media);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(pathToFileURL(at('new.html')).href);
      assert(requests.length === 1, `the page requests ${requests.slice(1)}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `${scheme}, ${width}: the page is ${wide} wide`);
      const headings = await page.$$eval('h1, h2', (found) => found.map((heading) => heading.textContent));
      for (const due of ['Completeness', 'Changes', 'Data quality', 'Created', 'Owners', 'Companies', 'Columns', 'Settings']) {
        assert(headings.includes(due), `${due} is missing: ${headings}`);
      }
      // The policy of the page also forbids this script, so it is run in another world.
      const client = await page.createCDPSession();
      const { frameTree } = await client.send('Page.getFrameTree');
      const { executionContextId } = await client.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
      const evaluate = async (expression) =>
        (await client.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true })).result.value;
      await evaluate(axe.source);
      const violations = JSON.parse(await evaluate('axe.run().then((found) => JSON.stringify(found.violations))'));
      const said = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).slice(0, 3)}`);
      assert(violations.length === 0, `${scheme}, ${width}, ${media}: ${said.join('; ')}`);
      await page.close();
    }
  }
}

const [chromium, puppeteer, axe] = [await load('@sparticuz/chromium'), await load('puppeteer-core'), await load('axe-core')];
let browser;
try {
  const executablePath = await chromium.executablePath();
  browser = await puppeteer.launch({ args: [...chromium.args, '--no-sandbox'], executablePath, headless: 'shell' });
} catch (error) {
  console.error(`the browser does not start: ${error.message.split('\n')[0]}`);
  process.exit(77);
}
try {
  checkValues(write());
  await look(browser, axe);
  console.log('the page of inspect: both themes, narrow, wide and printed, no request, accessible, no value of a contact');
} finally {
  await browser.close();
  rmSync(home, { recursive: true });
}
