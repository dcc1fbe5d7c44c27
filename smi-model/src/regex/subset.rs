//! The subset of regular expressions on which RE2 (Envoy, Go) and Rust agree.
//!
//! SMI names no dialect, and the meshes ran RE2. An expression that both accept
//! but read differently would allow other requests here than there, so it is
//! refused with its place. Perl classes and word boundaries have a common
//! spelling: they are ASCII in RE2, and are rewritten to say so.
//!
//! What remains is that each knows the characters of its version of Unicode: one
//! that is new has no category, and no other case, in the older of them.

use regex_syntax::ast::{
    Assertion, AssertionKind, Ast, ClassPerl, ClassPerlKind, ClassSetItem, ClassUnicode,
    ClassUnicodeKind, Flag, FlagsItemKind, GroupKind, HexLiteralKind, Literal, LiteralKind,
    Repetition, RepetitionKind, RepetitionRange, Span, Visitor, visit,
};

use super::{Problem, Refusal, range};

/// RE2's limit on the product of nested counted repetitions.
const MOST_REPETITIONS: u32 = 1000;

/// General categories that mean the same in both; RE2 leaves unassigned code
/// points out of `C`, and knows no long names.
const CATEGORIES: [&str; 34] = [
    "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc",
    "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs", "Cc",
    "Cf", "Co",
];

/// The expression with ASCII classes spelt out, when it is in the subset.
pub(super) fn rewrite(expression: &str, ast: &Ast) -> Result<String, Refusal> {
    let rewrites = visit(ast, Subset { expression, counts: vec![1], rewrites: Vec::new() })?;
    let mut out = String::with_capacity(expression.len());
    let mut done = 0;
    for Rewrite { start, end, with } in rewrites {
        out.push_str(expression.get(done..start).unwrap_or_default());
        out.push_str(with);
        done = end;
    }
    out.push_str(expression.get(done..).unwrap_or_default());
    Ok(out)
}

struct Rewrite {
    start: usize,
    end: usize,
    with: &'static str,
}

struct Subset<'a> {
    expression: &'a str,
    /// Products of the counted repetitions around the current place.
    counts: Vec<u32>,
    rewrites: Vec<Rewrite>,
}

impl Visitor for Subset<'_> {
    type Output = Vec<Rewrite>;
    type Err = Refusal;

    fn finish(self) -> Result<Vec<Rewrite>, Refusal> {
        Ok(self.rewrites)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Refusal> {
        match ast {
            Ast::Flags(set) => check_flags(&set.flags.items),
            Ast::Group(group) => check_group(&group.kind),
            Ast::Literal(literal) => check_literal(literal),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassPerl(class) => {
                self.perl(class);
                Ok(())
            }
            Ast::ClassUnicode(class) => check_property(class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            _ => Ok(()),
        }
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Refusal> {
        if matches!(ast, Ast::Repetition(_)) {
            self.counts.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Refusal> {
        match item {
            ClassSetItem::Literal(literal) => check_literal(literal),
            ClassSetItem::Range(range) => {
                check_literal(&range.start)?;
                check_literal(&range.end)
            }
            ClassSetItem::Perl(class) => {
                self.perl(class);
                Ok(())
            }
            ClassSetItem::Unicode(class) => check_property(class),
            ClassSetItem::Bracketed(class) => Err(outside(
                &class.span,
                "a `[` inside a class is a literal in RE2 and opens a nested class in Rust",
                "write `\\[` for the character",
            )),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(
        &mut self,
        operation: &regex_syntax::ast::ClassSetBinaryOp,
    ) -> Result<(), Refusal> {
        Err(outside(
            &operation.span,
            "`&&`, `--` and `~~` inside a class are literals in RE2 and set operations in Rust",
            "escape one of the two characters, or write the resulting class",
        ))
    }
}

impl Subset<'_> {
    fn assertion(&mut self, assertion: &Assertion) -> Result<(), Refusal> {
        let with = match assertion.kind {
            AssertionKind::WordBoundary => r"(?-u:\b)",
            AssertionKind::NotWordBoundary => {
                return Err(outside(
                    &assertion.span,
                    "RE2 finds `\\B` inside of a character, Rust only between characters",
                    "say with a class which characters may stand there",
                ));
            }
            AssertionKind::StartLine
            | AssertionKind::EndLine
            | AssertionKind::StartText
            | AssertionKind::EndText => return Ok(()),
            _ => {
                return Err(outside(
                    &assertion.span,
                    "this word boundary exists in Rust only",
                    "use `\\b`, or write `<` and `>` without a backslash for the characters",
                ));
            }
        };
        self.replace(&assertion.span, with);
        Ok(())
    }

    /// RE2's classes are ASCII, and its `\s` has no vertical tab.
    fn perl(&mut self, class: &ClassPerl) {
        let with = match (&class.kind, class.negated) {
            (ClassPerlKind::Digit, false) => "[0-9]",
            (ClassPerlKind::Digit, true) => "[^0-9]",
            (ClassPerlKind::Space, false) => r"[\t\n\f\r ]",
            (ClassPerlKind::Space, true) => r"[^\t\n\f\r ]",
            (ClassPerlKind::Word, false) => "[0-9A-Za-z_]",
            (ClassPerlKind::Word, true) => "[^0-9A-Za-z_]",
        };
        self.replace(&class.span, with);
    }

    fn repetition(&mut self, repetition: &Repetition) -> Result<(), Refusal> {
        if matches!(*repetition.ast, Ast::Repetition(_)) {
            return Err(outside(
                &repetition.op.span,
                "a repetition of a repetition is an error in RE2",
                "put the inner repetition into parentheses",
            ));
        }
        let span = &repetition.op.span;
        let written = self.expression.get(span.start.offset..span.end.offset).unwrap_or_default();
        if written.contains(char::is_whitespace) {
            return Err(outside(
                span,
                "a repetition with spaces is a literal in RE2",
                "remove the spaces",
            ));
        }
        if written.split(|char: char| !char.is_ascii_digit()).any(has_leading_zero) {
            return Err(outside(
                span,
                "a count with a leading zero is a literal in RE2",
                "remove the zero",
            ));
        }
        let count = match &repetition.op.kind {
            RepetitionKind::Range(
                RepetitionRange::Exactly(count)
                | RepetitionRange::AtLeast(count)
                | RepetitionRange::Bounded(_, count),
            ) => (*count).max(1),
            _ => 1,
        };
        let product = self.counts.last().copied().unwrap_or(1).saturating_mul(count);
        if product > MOST_REPETITIONS {
            return Err(outside(
                span,
                "RE2 repeats at most 1000 times, nested repetitions multiplied",
                "use a smaller count, or `*` or `+`",
            ));
        }
        self.counts.push(product);
        Ok(())
    }

    fn replace(&mut self, span: &Span, with: &'static str) {
        self.rewrites.push(Rewrite { start: span.start.offset, end: span.end.offset, with });
    }
}

fn outside(span: &Span, reason: &'static str, help: &'static str) -> Refusal {
    Refusal { place: range(span), problem: Problem::NotPortable { reason, help } }
}

fn has_leading_zero(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0')
}

fn check_group(kind: &GroupKind) -> Result<(), Refusal> {
    match kind {
        GroupKind::CaptureIndex(_) => Ok(()),
        GroupKind::NonCapturing(flags) => check_flags(&flags.items),
        GroupKind::CaptureName { name, .. } => {
            let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
            if name.name.chars().all(is_word) {
                return Ok(());
            }
            Err(outside(
                &name.span,
                "RE2 and Rust do not allow the same names of groups",
                "use ASCII letters, digits and `_`, or leave the name out: it has no meaning here",
            ))
        }
    }
}

fn check_flags(items: &[regex_syntax::ast::FlagsItem]) -> Result<(), Refusal> {
    for item in items {
        if let FlagsItemKind::Flag(Flag::Unicode | Flag::IgnoreWhitespace | Flag::CRLF) = item.kind
        {
            return Err(outside(
                &item.span,
                "this flag exists in Rust only",
                "the flags of RE2 are `i`, `m`, `s` and `U`",
            ));
        }
    }
    Ok(())
}

fn check_literal(literal: &Literal) -> Result<(), Refusal> {
    match literal.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err(outside(
                &literal.span,
                "`\\u` exists in Rust only",
                "write the character itself, or `\\x{…}` with its hexadecimal number",
            ))
        }
        _ => Ok(()),
    }
}

fn check_property(class: &ClassUnicode) -> Result<(), Refusal> {
    let known = match &class.kind {
        ClassUnicodeKind::OneLetter(letter) => {
            CATEGORIES.iter().any(|category| category.chars().eq([*letter]))
        }
        ClassUnicodeKind::Named(name) => CATEGORIES.contains(&name.as_str()),
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if known {
        return Ok(());
    }
    Err(outside(
        &class.span,
        "this property does not mean the same in RE2 and Rust",
        "use a general category such as `\\pL`, `\\p{Lu}` or `\\pN`",
    ))
}
