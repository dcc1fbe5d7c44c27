// The page's side of the compiler: promises over the worker's messages.

import type { Analysis, Answer, Query } from "./types.ts";

export type Task =
  | { do: "compile"; text: string }
  | { do: "decide"; query: string };

export type Reply = { id: number; json: string } | { id: number; error: string };

/** A question as it was asked, its answer as data, and letter by letter as it was given. */
export interface Decision {
  query: string;
  answer: Answer;
  json: string;
}

export class Compiler {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>();
  #lastId = 0;

  constructor() {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#settle(data);
    this.#worker.onerror = (event) => this.#fail(event.message || "the compiler could not be loaded");
  }

  /** Compiles `text`; later questions are about these policies. */
  async compile(text: string): Promise<Analysis> {
    return JSON.parse(await this.#perform({ do: "compile", text })) as Analysis;
  }

  /** Decides one request by the policies compiled last. */
  async decide(request: Query): Promise<Decision> {
    const query = JSON.stringify(request);
    const json = await this.#perform({ do: "decide", query });
    return { query, answer: JSON.parse(json) as Answer, json };
  }

  #perform(task: Task): Promise<string> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<string>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, task });
    return waiting.promise;
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.json);
  }

  /** The worker itself is broken: nothing that waits will ever be answered. */
  #fail(message: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(message));
    this.#waiting.clear();
  }
}
