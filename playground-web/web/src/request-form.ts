// The form that describes one request.

import { byId } from "./dom.ts";
import { IdentityField } from "./identity-field.ts";
import type { Query } from "./types.ts";

/** The fields of the form as a person fills them. */
export interface FormRequest {
  source: string;
  destination: string;
  method: string;
  path: string;
  host: string;
  port: string;
  /** One `name: value` a line. */
  headers: string;
}

/** What the form asks, or which field cannot be understood. */
export type FormQuery = { query: Query } | { problem: string };

export class RequestForm {
  readonly #source = new IdentityField(byId("source"), byId("source-other"), "no client certificate");
  readonly #destination = new IdentityField(byId("destination"), byId("destination-other"));
  readonly #method = byId<HTMLInputElement>("method");
  readonly #path = byId<HTMLInputElement>("path");
  readonly #host = byId<HTMLInputElement>("host");
  readonly #port = byId<HTMLInputElement>("port");
  readonly #headers = byId<HTMLTextAreaElement>("headers");

  /** Calls `changed` whenever the described request may be another one. */
  constructor(changed: () => void) {
    const form = byId<HTMLFormElement>("request");
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  offerIdentities(identities: string[]): void {
    this.#source.offer(identities);
    this.#destination.offer(identities);
  }

  fill(request: FormRequest): void {
    this.#source.text = request.source;
    this.#destination.text = request.destination;
    this.#method.value = request.method;
    this.#path.value = request.path;
    this.#host.value = request.host;
    this.#port.value = request.port;
    this.#headers.value = request.headers;
  }

  read(): FormRequest {
    return {
      source: this.#source.text,
      destination: this.#destination.text,
      method: this.#method.value.trim(),
      path: this.#path.value,
      host: this.#host.value.trim(),
      port: this.#port.value.trim(),
      headers: this.#headers.value,
    };
  }

  query(): FormQuery {
    const request = this.read();
    const [source, destination] = [this.#source.identity, this.#destination.identity];
    const headers = parseHeaders(request.headers);
    if (!destination) return { problem: "The destination is missing." };
    if (typeof headers === "string") return { problem: headers };
    if (!isPort(request.port)) return { problem: "A port is a whole number from 0 to 65535." };
    return {
      query: {
        ...(source && { source }),
        destination,
        protocol: "http",
        method: request.method,
        path: request.path,
        ...(request.host !== "" && { host: request.host }),
        ...(request.port !== "" && { port: Number(request.port) }),
        ...(Object.keys(headers).length > 0 && { headers }),
      },
    };
  }
}

function isPort(text: string): boolean {
  return /^\d{0,5}$/.test(text) && Number(text) <= 65535;
}

/**
 * Reads `name: value` lines; a name that comes several times keeps all of its
 * values, as a client may send them. Text is what is wrong with a line.
 */
function parseHeaders(text: string): Record<string, string[]> | string {
  const headers = new Map<string, string[]>();
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    const colon = line.indexOf(":");
    if (colon < 1) return `A header is written “name: value”, unlike “${line}”.`;
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return Object.fromEntries(headers);
}
