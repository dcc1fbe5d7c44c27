//! The two engines: RE2 in a Python process, and the syntax trees of our own
//! expressions in a machine that runs them as they stand.

use loopback_mesh::tools::python_with_re2;
use regex_automata::nfa::thompson::{self, pikevm};
use regex_automata::{Anchored, Input, MatchKind, PatternID, PatternSet};
use regex_syntax::hir::{Dot, Hir, Look, Repetition};
use serde_json::json;
use smi_model::regex::Regex;

use super::Question;
use crate::python;

/// RE2 itself.
pub(super) struct Re2;

impl Re2 {
    /// What RE2 says about each text, and nothing where it refuses the expression.
    pub(super) fn ask(questions: Vec<Question>) -> Vec<(Question, Option<Vec<u8>>)> {
        let python = python_with_re2(&|step| eprintln!("{step}")).expect("RE2 can be installed");
        let lines = questions.iter().map(line).collect();
        let answers = python::ask(&python, "re2_verdicts.py", lines).into_iter();
        let answers = answers.map(|line| serde_json::from_str(&line).expect("it writes JSON"));
        questions.into_iter().zip(answers).collect()
    }
}

fn line(question: &Question) -> String {
    let texts: Vec<String> = question.texts.iter().map(|text| hexadecimal(text)).collect();
    json!({"expression": question.expression, "texts": texts}).to_string()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One expression under each of the three anchorings.
pub(super) struct Machine {
    vm: pikevm::PikeVM,
    cache: pikevm::Cache,
}

impl Machine {
    /// `None` when the expression is too large to be tried.
    pub(super) fn new(regex: &Regex) -> Option<Self> {
        let hir = || regex.hir().clone();
        let languages = [
            Hir::concat(vec![start(), hir(), end()]),
            Hir::concat(vec![start(), hir(), anything(), end()]),
            Hir::concat(vec![start(), anything(), hir(), anything(), end()]),
        ];
        let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(64 << 20));
        let nfa =
            thompson::Compiler::new().configure(config).build_many_from_hir(&languages).ok()?;
        let config = pikevm::Config::new().match_kind(MatchKind::All);
        let vm = pikevm::Builder::new().configure(config).build_from_nfa(nfa).ok()?;
        let cache = vm.create_cache();
        Some(Self { vm, cache })
    }

    /// 1 for a match of the whole text, 2 for one at its start and 4 for one
    /// anywhere, added up.
    pub(super) fn verdict(&mut self, text: &[u8]) -> u8 {
        let mut matched = PatternSet::new(3);
        let input = Input::new(text).anchored(Anchored::Yes);
        self.vm.which_overlapping_matches(&mut self.cache, &input, &mut matched);
        (0..3).map(|id| u8::from(matched.contains(PatternID::must(id))) << id).sum()
    }
}

/// As `policy_compiler` has it: characters of valid UTF-8.
fn anything() -> Hir {
    let sub = Box::new(Hir::dot(Dot::AnyChar));
    Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub })
}

fn start() -> Hir {
    Hir::look(Look::Start)
}

fn end() -> Hir {
    Hir::look(Look::End)
}
