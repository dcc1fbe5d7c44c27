// What the page shows of the compiler's answers: findings, permissions, verdict.

import type { Decision } from "./compiler.ts";
import { byId, h } from "./dom.ts";
import type { Analysis, Diagnostic, Rule, TargetSummary } from "./types.ts";

/** Goes to a line of the policies. */
export type GoTo = (line: number) => void;

/** More findings than anybody reads at once; the rest is counted. */
const SHOWN_FINDINGS = 100;

/** Says, to assistive technology too, that what is shown of the policies is about to change. */
export function awaitFindings(): void {
  byId("findings").ariaBusy = "true";
  awaitVerdict();
}

/** The same of the verdict alone. */
export function awaitVerdict(): void {
  byId("verdict").ariaBusy = "true";
}

export function showFindings(analysis: Analysis, goTo: GoTo): void {
  const { diagnostics } = analysis;
  const rows = diagnostics.slice(0, SHOWN_FINDINGS).map((diagnostic) => finding(diagnostic, goTo));
  const hidden = diagnostics.length - rows.length;
  if (hidden > 0) rows.push(h("li", { className: "note" }, `and ${hidden} more`));
  byId("findings").replaceChildren(...rows);
  byId("findings").ariaBusy = "false";
  byId("status").textContent = summary(analysis);
  byId("status").dataset.worst = worst(diagnostics);
}

export function showTargets(targets: TargetSummary[], goTo: GoTo): void {
  const rows = targets.map((target) => permission(target, goTo));
  const nothing = h("li", { className: "note" }, "Nobody may call anybody: no TrafficTarget grants anything.");
  byId("targets").replaceChildren(...(rows.length > 0 ? rows : [nothing]));
}

export function showVerdict({ query, answer, json }: Decision, goTo: GoTo): void {
  const allowed = answer.decision === "allow";
  const parts: Node[] = [
    h("p", { className: "decision" }, allowed ? "Allowed" : "Denied", " ", reasonCode(answer.reason)),
    h("p", {}, sentence(answer.message)),
  ];
  if (answer.rule) parts.push(ruleCard("rule", answer.rule, goTo));
  if (answer.nearest) parts.push(ruleCard("nearest rule", answer.nearest, goTo));
  fillVerdict(answer.decision, parts);
  byId("query-json").textContent = query;
  byId("answer-json").textContent = json;
}

/** The compiler itself failed: nothing shown so far is true of the policies any more. */
export function showFailure(problem: string): void {
  for (const id of ["findings", "targets"]) byId(id).replaceChildren();
  byId("findings").ariaBusy = "false";
  byId("status").textContent = "the compiler failed";
  byId("status").dataset.worst = "error";
  showProblem(problem);
}

/** Shows why there is no verdict. */
export function showProblem(problem: string): void {
  fillVerdict("none", [h("p", {}, problem)]);
  byId("query-json").textContent = "";
  byId("answer-json").textContent = "";
}

function fillVerdict(state: string, parts: Node[]): void {
  const verdict = byId("verdict");
  verdict.dataset.decision = state;
  verdict.replaceChildren(...parts);
  verdict.ariaBusy = "false";
}

function reasonCode(reason: string | undefined): Node | string {
  return reason ? h("code", { className: "reason" }, reason) : "";
}

function ruleCard(title: string, rule: Rule, goTo: GoTo): HTMLElement {
  const entry = (name: string, value: Node | string) => [h("dt", {}, name), h("dd", {}, value)];
  return h(
    "dl",
    { className: "rule" },
    ...entry(title, lineButton(`${rule.file}:${rule.line}`, rule.line, goTo)),
    ...entry("TrafficTarget", h("code", {}, rule.target)),
    ...entry("route", h("code", {}, rule.route)),
  );
}

function finding(diagnostic: Diagnostic, goTo: GoTo): HTMLElement {
  const { severity, code, name, message, label, help, line, column } = diagnostic;
  const notes = help.map((text) => h("p", { className: "help" }, h("b", {}, "help: "), ...prose(text)));
  const places = diagnostic.related.map((place) =>
    h("p", { className: "help" }, lineButton(`line ${place.line}`, place.line, goTo), " ", ...prose(place.message)),
  );
  const item = h(
    "li",
    { className: "finding" },
    h("p", {}, h("strong", {}, `${severity} ${code}`), " ", lineButton(`${line}:${column}`, line, goTo)),
    h("p", { title: name }, ...prose(label && label !== message ? `${message}: ${label}` : message)),
    ...places,
    ...notes,
  );
  item.dataset.severity = severity;
  return item;
}

function permission(target: TargetSummary, goTo: GoTo): HTMLElement {
  const routes = target.routes.map(({ name, line }) => h("dd", {}, lineButton(name, line, goTo)));
  return h(
    "li",
    { className: "permission" },
    h("p", {}, ...listed(target.sources), " → ", h("code", {}, target.destination)),
    h(
      "dl",
      { className: "rule" },
      h("dt", {}, "on"),
      ...routes,
      h("dt", {}, "by"),
      h("dd", {}, lineButton(target.name, target.line, goTo)),
    ),
  );
}

function listed(names: string[]): (Node | string)[] {
  return names.flatMap((name, index) => [index > 0 ? ", " : "", h("code", {}, name)]);
}

/** Text whose backticks mark what was taken from the policies. */
function prose(text: string): (Node | string)[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? h("code", {}, part) : part));
}

function lineButton(text: string, line: number, goTo: GoTo): HTMLElement {
  return h("button", { type: "button", className: "link", title: `go to line ${line}`, onclick: () => goTo(line) }, text);
}

function summary({ diagnostics, targets, table }: Analysis): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const parts = [counted(errors, "error"), counted(diagnostics.length - errors, "warning")];
  parts.push(counted(targets.length, "TrafficTarget"));
  parts.push(table ? `table of ${table.size.toLocaleString("en")} bytes` : "no table");
  return parts.join(" · ");
}

function worst(diagnostics: Diagnostic[]): string {
  if (diagnostics.some(({ severity }) => severity === "error")) return "error";
  return diagnostics.length > 0 ? "warning" : "none";
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The compiler writes messages as parts of a sentence. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
