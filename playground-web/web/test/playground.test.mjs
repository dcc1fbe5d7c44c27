// Drives the built page in a real Chromium.
//
// The environment names what to drive:
//   PLAYGROUND_URL   where the page is served
//   CHROMIUM         the browser's program
//   TRANSCRIPT       the file that receives every question and answer as JSON
//                    lines; whoever started the test asks the library the same

import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { chromium } from "playwright-core";

const { PLAYGROUND_URL, CHROMIUM, TRANSCRIPT } = process.env;

// A browser for tests: no sandbox, because containers have none, and silent on the network.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Bytes, UTF-16 code units and characters differ from the first line on; one reference dangles.
const unusual = `# Bücher, 書籍, 💥
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: readers, namespace: shop }
spec:
  destination: { kind: ServiceAccount, name: books, namespace: shop }
  sources: [{ kind: ServiceAccount, name: reader, namespace: shop }]
  rules:
    - { kind: HTTPRouteGroup, name: shelf, matches: [novels] }
    - { kind: HTTPRouteGroup, name: cellar } # 💥 gone
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: shelf, namespace: shop }
spec:
  matches:
    - { name: novels, pathRegex: "/novels", methods: ["GET"], headers: [{ x: "[a-z]+" }] }
`;

let browser;
let page;
let complaints;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
});

after(() => browser?.close());

beforeEach(async () => {
  complaints = [];
  await page?.close();
  page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(PLAYGROUND_URL)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(PLAYGROUND_URL);
  await settled();
});

afterEach(() => assert.deepEqual(complaints, [], "the page is silent and stays at home"));

test("the bookstore has no findings and bookbuyer may buy", async () => {
  assert.equal(await page.locator(".finding").count(), 0);
  await assertVerdict("allow", /^Allowed/);
  await page.locator("#verdict button.link").click();
  assert.match(await page.locator(".cm-pointed").innerText(), /buy-a-book/);
});

test("bookthief is denied, and the verdict says why", async () => {
  await page.getByRole("button", { name: "bookthief tries" }).click();
  await assertVerdict("deny", /peer_not_allowed/);
});

test("every example request is answered", async () => {
  const expected = {
    "bookbuyer buys": /^Allowed/,
    "bookthief tries": /peer_not_allowed/,
    "wrong method": /method_not_allowed/,
    "missing header": /header_not_allowed/,
    "smuggled path": /non_canonical_path/,
  };
  const examples = page.locator("#examples button");
  assert.deepEqual(await examples.allInnerTexts(), Object.keys(expected));
  for (const [name, verdict] of Object.entries(expected)) {
    await page.getByRole("button", { name }).click();
    await settled();
    assert.match(await page.locator("#verdict").innerText(), verdict, name);
    await record(null);
  }
});

test("a mistake is marked while it is typed, and grants nothing", async () => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.type("9");
  await settled();
  const finding = page.locator(".finding[data-severity=error]").first();
  assert.match(await finding.innerText(), /SMI203[^]*v1alpha39/);
  assert.ok((await page.locator(".cm-lintRange-error").count()) > 0);
  await assertVerdict("deny", /destination_not_covered/);
  await page.keyboard.press("Backspace");
  await settled();
  assert.equal(await page.locator(".finding").count(), 0);
  await assertVerdict("allow", /^Allowed/);
});

test("other policies and requests are answered, each with its own reason", async () => {
  await write(unusual);
  const finding = page.locator(".finding");
  assert.match(await finding.innerText(), /SMI3\d\d 10:37/);
  assert.equal(await page.locator(".cm-lintRange-error").innerText(), "cellar");
  await fill({ Source: "shop/reader", Destination: "shop/books", Method: "GET" });
  for (const [Path, Headers, verdict] of [
    ["/novels", "x: one\nX: two", /^Allowed/],
    ["/novels?q=ö", "x: one", /^Allowed/],
    ["/novels", "x: one\nx: 3", /header_not_allowed/],
    ["/novels", "x: ö", /header_not_allowed/],
    ["/poems", "x: one", /path_not_allowed/],
    ["/novels/%zz", "x: one", /non_canonical_path/],
    ["/novels/ö", "x: one", /Allowed|Denied/],
    ["", "", /Denied/],
  ]) {
    await fill({ Path, Headers });
    assert.match(await page.locator("#verdict").innerText(), verdict, `${Path} ${Headers}`);
    await record(unusual);
  }
});

test("a shared link shows the same policies and request", async () => {
  await write(unusual);
  await fill({ Source: "shop/reader", Destination: "shop/books", Path: "/novels", Headers: "x: one" });
  await page.getByRole("button", { name: "Share as link" }).click();
  await page.locator("#shared", { hasText: /link/i }).waitFor();
  const [link, verdict] = [page.url(), await page.locator("#answer-json").textContent()];
  await page.goto("about:blank");
  await page.goto(link);
  await settled();
  assert.equal(await page.locator("#answer-json").textContent(), verdict);
});

test("what cannot be asked is said, not guessed", async () => {
  await fill({ Port: "80000" });
  await assertVerdict("none", /port/i);
  await fill({ Port: "", Headers: "no colon" });
  await assertVerdict("none", /header/i);
});

test("every field has a label", async () => {
  for (const field of await page.locator("input, select, textarea, .cm-content").all()) {
    const labelled = await field.evaluate(({ labels, ariaLabel }) => labels?.length > 0 || ariaLabel);
    assert.ok(labelled, await field.evaluate((element) => element.outerHTML));
  }
});

/** Waits until the page shows the answer to all that was typed so far. */
async function settled() {
  await page.locator("#findings[aria-busy=false]").waitFor({ state: "attached" });
  await page.locator("#verdict[aria-busy=false]").waitFor();
}

async function assertVerdict(decision, text) {
  await settled();
  const verdict = page.locator("#verdict");
  assert.match(await verdict.innerText(), text);
  assert.equal(await verdict.getAttribute("data-decision"), decision);
}

/** Replaces the policies, as somebody who pastes. */
async function write(policies) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(policies);
  await settled();
}

/** Fills fields of the request by their labels. */
async function fill(fields) {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.getByLabel(label, { exact: label !== "Headers" });
    if (label === "Source" || label === "Destination") await field.selectOption(value);
    else await field.fill(value);
  }
  await settled();
}

/** Writes question and answer down; `policies` is null for those that the page starts with. */
async function record(policies) {
  const [query, answer] = await page.locator("#query-json, #answer-json").allTextContents();
  await appendFile(TRANSCRIPT, `${JSON.stringify({ policies, query, answer })}\n`);
}
