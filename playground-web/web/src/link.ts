// Policies and request in the fragment of the address: a link shows others
// what one sees, and no server ever gets it.

import type { FormRequest } from "./request-form.ts";

export interface Shared {
  policies: string;
  request: FormRequest;
}

/** The fragment that {@link readLink} understands: JSON in the URL alphabet of base64. */
export function linkTo(shared: Shared): string {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `#${base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** What a fragment holds; `undefined` when it was not made by {@link linkTo}. */
export function readLink(fragment: string): Shared | undefined {
  if (fragment.length < 2) return undefined;
  try {
    const base64 = fragment.slice(1).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return checked(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** A link is somebody else's text: only what has the right shape is taken. */
function checked(value: Partial<Shared> | null): Shared | undefined {
  const { policies, request } = value ?? {};
  const { source, destination, method, path, host, port, headers } = request ?? {};
  const fields = [policies, source, destination, method, path, host, port, headers];
  return fields.every((field) => typeof field === "string") ? (value as Shared) : undefined;
}
