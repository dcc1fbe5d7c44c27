//! What is said about lints themselves.

use super::lint;

lint! {
    /// A comment allows a lint that does not exist.
    ///
    /// ## What it finds
    ///
    /// Names in `# smi:allow(NAME)` that are no lint's, and comments that begin with
    /// `smi:allow` and go on in another way.
    ///
    /// ## Why it matters
    ///
    /// The comment allows nothing, and whoever reads it believes that it does.
    ///
    /// ## What to do
    ///
    /// `smi lints` lists the names.
    UNKNOWN_LINT: UNKNOWN_LINT, Warn
}

lint! {
    /// A comment allows what is not found.
    ///
    /// ## What it finds
    ///
    /// Names in `# smi:allow(NAME)` where this lint finds nothing.
    /// Lints that are switched off are not judged.
    ///
    /// ## Why it matters
    ///
    /// What the comment excused is gone, or stands somewhere else and is not excused.
    ///
    /// ## What to do
    ///
    /// Remove the name.
    /// A comment behind something allows what begins on its line.
    /// A comment on a line of its own allows what begins on the next line, and all in the
    /// object, match, rule, source or backend that begins there.
    UNUSED_ALLOW: UNUSED_ALLOW, Warn
}

lint! {
    /// A lint cannot tell whether there is something to find.
    ///
    /// ## What it finds
    ///
    /// Questions whose answer would take too much work.
    /// Lints guess nothing: what they report is certain, and what they cannot answer is
    /// reported by this.
    ///
    /// ## Why it matters
    ///
    /// Nothing is known of these places.
    ///
    /// ## What to do
    ///
    /// Use simpler expressions, with fewer `.*` and smaller counts, or fewer rules for one
    /// destination.
    UNANSWERED_LINT: UNANSWERED_LINT, Warn
}
