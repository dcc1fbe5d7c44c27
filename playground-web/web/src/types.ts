// The JSON shapes of the compiler, as `playground-web/src/dto.rs` and
// `policy-compiler/src/query.rs` write and read them. Offsets are UTF-16 code
// units from the start of the text, lines count from 1.

/** What the compiler says about a text. */
export interface Analysis {
  /** Everything found, in the order of the text. */
  diagnostics: Diagnostic[];
  /** Every ServiceAccount that the policies name, as `namespace/name`, sorted. */
  identities: string[];
  /** Who may call whom, one entry for each TrafficTarget that grants something. */
  targets: TargetSummary[];
  /** The compiled table; `null` when a limit was exceeded, and then everything is denied. */
  table: TableSummary | null;
}

export interface Diagnostic {
  /** Stable, for example `SMI301`. */
  code: string;
  /** The code in words, for example `unknown-route`. */
  name: string;
  severity: "error" | "warning";
  message: string;
  /** A few words about the place itself; may be empty. */
  label: string;
  from: number;
  to: number;
  line: number;
  column: number;
  /** Other places that belong to the finding. */
  related: { from: number; to: number; line: number; message: string }[];
  /** What to do about it, a line each. */
  help: string[];
  /** A replacement that mends it for certain. */
  fix: { from: number; to: number; replacement: string } | null;
}

export interface TargetSummary {
  /** `namespace/name`. */
  name: string;
  line: number;
  /** The callers, as `namespace/name`. */
  sources: string[];
  /** The workload that is called, as `namespace/name`. */
  destination: string;
  /** What they may ask: `namespace/group#match`, or `namespace/name` of a TCPRoute. */
  routes: { name: string; line: number }[];
}

export interface TableSummary {
  /** Size in bytes. */
  size: number;
  /** SHA-256 over the meaning, in hexadecimal digits. */
  digest: string;
}

/** One side of a request. */
export type Identity =
  | { service_account: string; namespace: string }
  | { spiffe_id: string };

/** One request to decide; the same shape that `smi decide --requests` reads. */
export interface Query {
  source?: Identity;
  destination: Identity;
  protocol: "http";
  method: string;
  path: string;
  host?: string;
  port?: number;
  headers?: Record<string, string | string[]>;
}

/** A verdict; the same shape that `smi decide --requests` prints. */
export interface Answer {
  decision: "allow" | "deny";
  /** Stable code of what was missing; only on a denial. */
  reason?: string;
  message: string;
  /** The rule that allows it. */
  rule?: Rule;
  /** The rule that came nearest, on a denial. */
  nearest?: Rule;
}

export interface Rule {
  /** `namespace/name` of the TrafficTarget. */
  target: string;
  /** `namespace/group#match`, or `namespace/name` of a TCPRoute. */
  route: string;
  file: string;
  line: number;
}
