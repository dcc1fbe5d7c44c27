// A choice among the identities that the policies name, or any other as text.

import type { Identity } from "./types.ts";

/** Marks the choice that opens the text input; no identity is written like this. */
const OTHER = "…";

export class IdentityField {
  readonly #select: HTMLSelectElement;
  readonly #other: HTMLInputElement;
  readonly #none: string | undefined;
  #known: string[] = [];

  /** `none` is what the empty choice is called; without it one must be chosen. */
  constructor(select: HTMLSelectElement, other: HTMLInputElement, none?: string) {
    this.#select = select;
    this.#other = other;
    this.#none = none;
    select.addEventListener("change", () => {
      this.#toggleOther();
      if (select.value === OTHER) other.focus();
    });
    this.offer([]);
  }

  /** What was chosen or typed; empty for none. */
  get text(): string {
    return this.#select.value === OTHER ? this.#other.value.trim() : this.#select.value;
  }

  set text(text: string) {
    const listed = this.#known.includes(text) || (text === "" && this.#none !== undefined);
    this.#select.value = listed ? text : OTHER;
    if (!listed) this.#other.value = text;
    this.#toggleOther();
  }

  get identity(): Identity | undefined {
    return parseIdentity(this.text);
  }

  /** Offers other identities; the present choice stays, as text when it is no longer listed. */
  offer(identities: string[]): void {
    const { text } = this;
    this.#known = identities;
    const options = identities.map((name) => new Option(name, name));
    if (this.#none !== undefined) options.push(new Option(this.#none, ""));
    this.#select.replaceChildren(...options, new Option("another…", OTHER));
    this.text = text;
  }

  #toggleOther(): void {
    this.#other.hidden = this.#select.value !== OTHER;
  }
}

/** `namespace/name` is a ServiceAccount; anything else is meant as a SPIFFE ID. */
function parseIdentity(text: string): Identity | undefined {
  if (text === "") return undefined;
  const [, namespace, service_account] = /^([^/:]+)\/([^/]+)$/.exec(text) ?? [];
  return namespace && service_account ? { service_account, namespace } : { spiffe_id: text };
}
