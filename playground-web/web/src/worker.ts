// The compiler, off the main thread: a hostile policy may take a while until
// it meets its limits, and typing must not wait for it.

import init, { Policies } from "./wasm/playground_web.js";
import type { Reply, Task } from "./compiler.ts";

const ready = init();
let policies: Policies | undefined;

// Messages are handled strictly one after another, so that a question is
// always answered by the policies that were sent before it.
let queue: Promise<void> = ready.then(() => undefined);

self.onmessage = ({ data }: MessageEvent<{ id: number; task: Task }>) => {
  queue = queue.then(
    () => reply({ id: data.id, json: perform(data.task) }),
  ).catch((error: unknown) => reply({ id: data.id, error: String(error) }));
};

function perform(task: Task): string {
  if (task.do === "compile") {
    policies?.free();
    // Forgotten first: should compiling fail, the old policies must not answer.
    policies = undefined;
    policies = new Policies(task.text);
    return policies.analysis();
  }
  if (!policies) throw new Error("no policies were compiled");
  return policies.decide(task.query);
}

function reply(message: Reply): void {
  self.postMessage(message);
}
