// The page: one editor, one request, and the compiler between them.

import { Compiler } from "./compiler.ts";
import { byId, h } from "./dom.ts";
import { createEditor, goToLine, replaceText, showMarks } from "./editor.ts";
import { bookstore, exampleRequests } from "./examples.ts";
import { linkTo, readLink } from "./link.ts";
import {
  awaitFindings,
  awaitVerdict,
  showFailure,
  showFindings,
  showProblem,
  showTargets,
  showVerdict,
} from "./panels.ts";
import { RequestForm } from "./request-form.ts";

/** Long enough not to judge every half-typed word, short enough to feel live. */
const DEBOUNCE_MS = 150;

const shared = readLink(location.hash);
const compiler = new Compiler();
const form = new RequestForm(() => void decide());
const editor = createEditor(byId("editor"), shared?.policies ?? bookstore, scheduleCompile);
const goTo = (line: number) => goToLine(editor, line);

let timer: ReturnType<typeof setTimeout> | undefined;
let lastQuestion = 0;

/** Compiles once typing pauses. */
function scheduleCompile(): void {
  awaitFindings();
  clearTimeout(timer);
  timer = setTimeout(() => void compile(), DEBOUNCE_MS);
}

async function compile(): Promise<void> {
  const { doc } = editor.state;
  try {
    const analysis = await compiler.compile(doc.toString());
    // The text has moved on: these places are no longer true, newer ones follow.
    if (doc !== editor.state.doc) return;
    showMarks(editor, analysis.diagnostics);
    showFindings(analysis, goTo);
    showTargets(analysis.targets, goTo);
    form.offerIdentities(analysis.identities);
    await decide();
  } catch (error) {
    showFailure(`The compiler failed: ${describe(error)}`);
  }
}

async function decide(): Promise<void> {
  const question = ++lastQuestion;
  awaitVerdict();
  const asked = form.query();
  if ("problem" in asked) return showProblem(asked.problem);
  try {
    const decision = await compiler.decide(asked.query);
    if (question === lastQuestion) showVerdict(decision, goTo);
  } catch (error) {
    showProblem(`No decision: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function showExamples(): void {
  const buttons = exampleRequests.map(({ name, request }) => {
    const onclick = () => {
      form.fill(request);
      void decide();
    };
    return h("button", { type: "button", onclick }, name);
  });
  byId("examples").append(...buttons);
}

async function share(): Promise<void> {
  const link = linkTo({ policies: editor.state.doc.toString(), request: form.read() });
  history.replaceState(null, "", link);
  // Not every browser lets a page write to the clipboard; the address bar has the link anyway.
  const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
  byId("shared").textContent = copied ? "Link copied." : "The link is in the address bar.";
}

byId("share").addEventListener("click", () => void share());
byId("reset").addEventListener("click", () => replaceText(editor, bookstore));
showExamples();
const first = shared?.request ?? exampleRequests[0]?.request;
if (first) form.fill(first);
await compile();
