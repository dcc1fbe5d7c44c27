//! Rego, by regorus: the rules are data, found by caller, so that only those of the
//! caller are tried. The policy is compiled for its virtual machine, and expressions
//! stay compiled in its cache.

use std::collections::BTreeMap;

use bench_workload::{Call, Policies};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine as Regorus, Rc, Value, cache};
use serde_json::json;

use crate::Engine;
use crate::scan::whole;

const POLICY: &str = "package smi
import rego.v1

default allow := false

allow if {
    some rule in data.callers[input.peer]
    rule.methods[input.method]
    regex.match(rule.path, input.path)
}
";

const RULE: &str = "data.smi.allow";

/// More than any policy here has.
const CACHED_EXPRESSIONS: usize = 1 << 15;

/// A virtual machine with the policy and its data.
pub struct Rego(RegoVM);

impl Engine for Rego {
    const NAME: &'static str = "Rego (regorus)";
    /// The data as JSON.
    type Kept = String;
    type Input<'a> = Value;

    fn keep(policies: &Policies) -> String {
        let mut callers: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for rule in &policies.rules {
            let methods: BTreeMap<_, _> = rule.methods.iter().map(|name| (name, true)).collect();
            let data = json!({"methods": methods, "path": whole(rule)});
            callers.entry(&rule.caller).or_default().push(data);
        }
        json!({"callers": callers}).to_string()
    }

    fn load(kept: &String) -> Self {
        cache::configure(cache::Config { regex: CACHED_EXPRESSIONS, ..Default::default() });
        let mut engine = Regorus::new();
        engine.add_policy("smi.rego".to_owned(), POLICY.to_owned()).expect("Rego's grammar");
        let policy = engine.compile_with_entrypoint(&Rc::from(RULE)).expect("a sound policy");
        let program = Compiler::compile_from_policy(&policy, &[RULE]).expect("a sound policy");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_data(Value::from_json_str(kept).expect("JSON")).expect("data of a policy");
        Self(machine)
    }

    fn input(call: &Call) -> Value {
        let input = json!({"peer": call.peer, "method": call.method, "path": call.path});
        Value::from_json_str(&input.to_string()).expect("JSON")
    }

    fn decide(&mut self, input: &Value) -> bool {
        self.0.set_input(input.clone());
        self.0.execute().is_ok_and(|value| value == Value::from(true))
    }
}

/// The cache is one for the process; what it keeps would count as another's memory.
impl Drop for Rego {
    fn drop(&mut self) {
        cache::clear();
    }
}
