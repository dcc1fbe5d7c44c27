//! Texts made to exhaust their reader, each with a finding that it must get.

/// A name, the text, and the name of a finding.
pub(crate) type Input = (&'static str, Vec<u8>, &'static str);

const MANY: usize = 8 << 20;

/// All of them.
pub(crate) fn inputs() -> Vec<Input> {
    let texts = [
        ("billion laughs", billion_laughs(), "too-many-nodes"),
        ("laughs in merge keys", merge_keys("metadata: *a59\n<<: *a59\n"), "too-many-nodes"),
        ("a merge of thousands", wide_merges(), "too-many-nodes"),
        ("100,000 brackets", "[".repeat(100_000), "too-deep"),
        ("100,000 braces", "{a: ".repeat(100_000), "too-deep"),
        ("a huge scalar, many aliases", huge_scalar(), "too-many-nodes"),
        ("megabytes of brackets", "[".repeat(MANY), "too-deep"),
        ("megabytes of dashes", repeated("- "), "too-deep"),
        ("keys on one line", repeated("a: "), "yaml-syntax"),
        ("keys on many lines", "a:\n".repeat(400_000), "too-many-nodes"),
        ("flow in keys", repeated("? {[: "), "too-deep"),
        ("anchors", "- &a a\n".repeat(600_000), "too-many-nodes"),
        ("aliases", format!("- &a a\n{}", "- *a\n".repeat(600_000)), "too-many-nodes"),
        ("tiny documents", repeated("--- a\n"), "too-many-problems"),
        ("broken documents", repeated("--- [\n"), "too-many-problems"),
        ("empty documents", repeated("---\n"), "too-many-documents"),
        ("a long line", format!("a: {}", "x".repeat(MANY)), "too-many-nodes"),
        ("a long key", format!("{}: a", "x".repeat(MANY)), "yaml-syntax"),
        ("a long alias", format!("*{}", "x".repeat(MANY)), "unknown-anchor"),
        ("an open quote", format!("'{}", "x".repeat(MANY)), "yaml-syntax"),
        ("too many bytes", "#".repeat(17 << 20), "file-too-large"),
    ];
    let texts = texts.map(|(name, text, code)| (name, text.into_bytes(), code));
    let bytes =
        [("not UTF-8", vec![0xff; MANY], "not-utf-8"), ("NUL", vec![0; MANY], "yaml-syntax")];
    texts.into_iter().chain(bytes).collect()
}

pub(crate) fn billion_laughs() -> String {
    let mut text = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

/// Sixty mappings, each of which merges the one before twice.
pub(crate) fn merge_keys(end: &str) -> String {
    let mut text = "a: &a0 {x: 1}\n".to_owned();
    for level in 1..60 {
        let previous = level - 1;
        text.push_str(&format!("k{level}: &a{level} {{<<: [*a{previous}, *a{previous}]}}\n"));
    }
    text + end
}

fn wide_merges() -> String {
    let fields: String = (0..1_000).map(|index| format!("f{index}: x, ")).collect();
    format!("a: &a {{{fields}}}\n<<: [{}]\nkind: TCPRoute\n", "*a, ".repeat(10_000))
}

pub(crate) fn huge_scalar() -> String {
    format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(50_000))
}

fn repeated(piece: &str) -> String {
    piece.repeat(MANY / piece.len())
}
