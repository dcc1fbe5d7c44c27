// The editor: CodeMirror, assembled from the few parts that a policy needs.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic as Mark } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, StateEffect, StateField, type Text } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

import type { Diagnostic } from "./types.ts";

/** Creates the editor in `parent` and calls `changed` after every edit. */
export function createEditor(parent: Element, text: string, changed: () => void): EditorView {
  const listener = EditorView.updateListener.of((update) => {
    if (update.docChanged) changed();
  });
  return new EditorView({
    parent,
    state: EditorState.create({ doc: text, extensions: [basics, yaml(), appearance, pointedLine, listener] }),
  });
}

/** Replaces the whole text, as one step that can be undone. */
export function replaceText(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

/** Marks `diagnostics` in the text, which must be the one that they are about. */
export function showMarks(view: EditorView, diagnostics: Diagnostic[]): void {
  const marks = diagnostics.map((diagnostic) => mark(diagnostic, view.state.doc));
  view.dispatch(setDiagnostics(view.state, marks));
}

/** Brings a line (from 1) into view, marks it and puts the cursor there. */
export function goToLine(view: EditorView, line: number): void {
  const { doc } = view.state;
  const { from } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  view.dispatch({
    selection: { anchor: from },
    effects: [pointAt.of(from), EditorView.scrollIntoView(from, { y: "center" })],
  });
  view.focus();
}

function mark(diagnostic: Diagnostic, doc: Text): Mark {
  const { fix } = diagnostic;
  const clamp = (offset: number) => Math.min(offset, doc.length);
  return {
    from: clamp(diagnostic.from),
    to: clamp(diagnostic.to),
    severity: diagnostic.severity,
    source: `${diagnostic.code} ${diagnostic.name}`,
    message: [diagnostic.message, ...diagnostic.help.map((line) => `help: ${line}`)].join("\n"),
    actions: fix ? [{ name: "Fix", apply: (view) => applyFix(view, fix) }] : [],
  };
}

function applyFix(view: EditorView, fix: NonNullable<Diagnostic["fix"]>): void {
  view.dispatch({ changes: { from: fix.from, to: fix.to, insert: fix.replacement } });
}

// The line that a verdict or a finding points at, until the next edit.
const pointAt = StateEffect.define<number>();
const pointer = Decoration.line({ class: "cm-pointed" });
const pointedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(lines, transaction) {
    if (transaction.docChanged) return Decoration.none;
    for (const effect of transaction.effects) {
      if (effect.is(pointAt)) return Decoration.set(pointer.range(effect.value));
    }
    return lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Tab is left alone, so that the keyboard can leave the editor.
const basics: Extension = [
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
  EditorView.contentAttributes.of({ "aria-label": "SMI policies", spellcheck: "false" }),
];

// Colours are the page's own variables, so that light and dark need no second theme.
const appearance: Extension = [
  EditorView.theme({
    "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.8125rem", lineHeight: "1.6" },
    ".cm-content": { caretColor: "var(--text)", paddingBlock: "0.5rem" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": {
      color: "var(--faint)",
      backgroundColor: "var(--surface)",
      border: "none",
    },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line)" },
    ".cm-line.cm-pointed": {
      backgroundColor: "var(--pointed)",
      boxShadow: "inset 3px 0 0 var(--accent)",
    },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
      { backgroundColor: "var(--selection)" },
    ".cm-selectionMatch": { backgroundColor: "var(--line)" },
    ".cm-foldPlaceholder": { color: "var(--muted)", background: "var(--line)", border: "none" },
    ".cm-tooltip, .cm-panels": {
      color: "var(--text)",
      backgroundColor: "var(--raised)",
      borderColor: "var(--border)",
    },
    ".cm-diagnostic": { whiteSpace: "pre-wrap", padding: "0.375rem 0.625rem", fontFamily: "var(--sans)" },
    ".cm-diagnosticSource": { fontSize: "0.75rem", color: "var(--muted)", opacity: "1" },
    ".cm-diagnosticText": { display: "block" },
    ".cm-diagnosticAction": { margin: "0.25rem 0", backgroundColor: "var(--accent)", color: "var(--on-accent)" },
    ".cm-textfield, .cm-button": {
      color: "inherit",
      background: "var(--surface)",
      border: "1px solid var(--border)",
    },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--syntax-key)" },
      { tag: [tags.string, tags.special(tags.string), tags.content], color: "var(--syntax-value)" },
      { tag: [tags.lineComment, tags.comment], color: "var(--faint)", fontStyle: "italic" },
      { tag: [tags.meta, tags.punctuation, tags.separator], color: "var(--muted)" },
      { tag: [tags.labelName, tags.typeName, tags.keyword], color: "var(--syntax-special)" },
    ]),
  ),
];
