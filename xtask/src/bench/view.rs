//! How the results of each benchmark are shown.

use super::collect::MEDIAN;

/// Groups of rows, each a block of the table and, if it has several sizes, a panel
/// of the chart.
pub(super) struct View {
    pub(super) title: &'static str,
    pub(super) groups: &'static [Group],
}

pub(super) struct Group {
    /// What benchmarks call it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What the size of a row counts.
    pub(super) size: &'static str,
    /// Columns, by the keys of figures.
    pub(super) figures: &'static [&'static str],
    /// Figures that are drawn, a panel for each.
    pub(super) drawn: &'static [&'static str],
    /// Whether the cost of one more of what `size` counts is computed.
    pub(super) is_linear: bool,
}

const DECISION: &[&str] =
    &[MEDIAN, "p50_ns", "p99_ns", "single_p99_ns", "table_bytes", "bytes_per_rule"];
const COMPARED: &[&str] = &[MEDIAN, "p50_ns", "p99_ns", "build_ns", "load_ns", "memory_bytes"];
const COMPILED: &[&str] = &[MEDIAN, "peak_bytes", "kept_bytes", "table_bytes", "bytes_per_rule"];

const IN_ENVOY: &[&str] =
    &["cpu_ns", "over_ns", "over_q1_ns", "over_q3_ns", "decide_ns", "resident_bytes"];

const fn group(
    name: &'static str,
    title: &'static str,
    size: &'static str,
    figures: &'static [&'static str],
    drawn: &'static [&'static str],
) -> Group {
    Group { name, title, size, figures, drawn, is_linear: false }
}

pub(super) const DECIDE: View = View {
    title: "Time for a decision",
    groups: &[
        group(
            "rules",
            "By the number of rules: half of the requests allowed, paths of 40 bytes",
            "rules",
            DECISION,
            &[MEDIAN],
        ),
        group("kinds", "By what is wrong with the requests", "rules", DECISION, &[]),
        Group {
            is_linear: true,
            ..group("paths", "By the length of the path", "bytes of path", DECISION, &[MEDIAN])
        },
        Group {
            is_linear: true,
            ..group(
                "headers",
                "By the length of two headers that rules look at",
                "bytes of header values",
                DECISION,
                &[MEDIAN],
            )
        },
        group(
            "shapes",
            "Other rules: one literal; expressions that begin anywhere",
            "rules",
            DECISION,
            &[],
        ),
        group(
            "each a caller",
            "Compared: each rule has a caller and an expression",
            "rules",
            COMPARED,
            &[MEDIAN],
        ),
        group("one caller", "Compared: all rules have one caller", "rules", COMPARED, &[MEDIAN]),
        group(
            "prefixes",
            "Compared: prefixes instead of expressions",
            "rules",
            COMPARED,
            &[MEDIAN],
        ),
        group("one literal", "Compared: one literal path", "rules", COMPARED, &[]),
    ],
};

pub(super) const COMPILE: View = View {
    title: "From YAML to tables",
    groups: &[
        group(
            "mesh",
            "A mesh, ten TrafficTargets for each workload",
            "TrafficTargets",
            COMPILED,
            &[MEDIAN, "peak_bytes"],
        ),
        group(
            "workload",
            "The table of one workload, from resolved policies",
            "rules",
            COMPILED,
            &[],
        ),
    ],
};

pub(super) const READ: View = View {
    title: "Reading one file of TrafficTargets",
    groups: &[group(
        "read",
        "One file",
        "TrafficTargets",
        &[MEDIAN, "text_bytes", "peak_bytes", "kept_bytes"],
        &[MEDIAN, "peak_bytes"],
    )],
};

pub(super) const ENVOY: View = View {
    title: "CPU time of Envoy for a request",
    groups: &[
        group("alone", "Mutual TLS, no rules", "rules", IN_ENVOY, &[]),
        group(
            "allowed",
            "Mutual TLS, 64 callers, requests that their rules admit",
            "rules",
            IN_ENVOY,
            &["over_ns"],
        ),
        group(
            "denied",
            "Mutual TLS, 64 callers, requests that nobody's rules admit",
            "rules",
            IN_ENVOY,
            &["over_ns"],
        ),
        group(
            "many",
            "Mutual TLS, 64 callers with many rules each, of which each request needs another",
            "rules",
            IN_ENVOY,
            &["over_ns"],
        ),
        group("plain", "Plain listener, where nobody has an identity", "rules", IN_ENVOY, &[]),
        group(
            "reload",
            "Another table under load",
            "rules",
            &["apply_ns", "slowest_ns", "slowest_ever_ns", "otherwise_ns"],
            &[],
        ),
    ],
};
