//! IdentityBindings: which identities each of them stands for.
//!
//! No mesh that a dialect is named after ever supported IdentityBinding. It is
//! accepted in every dialect all the same: a dialect answers what the
//! specification leaves open, and here the specification is clear.

use std::collections::BTreeMap;

use smi_model::canonical::{IdentityBinding, Labels, Subject, Workload, WorkloadKind};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Span;

use super::identities::Identity;
use super::services::has_all;
use super::{Resolver, nearest};
use crate::code;

/// The kind as documents and messages write it.
const KIND: &str = "IdentityBinding";

/// All bindings by namespace and name, with what they list.
pub(super) type Bindings<'a> = BTreeMap<(&'a str, &'a str), Vec<Identity<'a>>>;

impl<'a> Resolver<'a> {
    pub(super) fn bindings(&mut self) -> Bindings<'a> {
        let bundle = self.bundle;
        let key = |binding: &'a IdentityBinding| {
            (binding.meta.namespace.value.as_str(), binding.meta.name.value.as_str())
        };
        bundle.identity_bindings.iter().map(|it| (key(it), self.binding(it))).collect()
    }

    /// All schemes together: each adds to what the others list.
    fn binding(&mut self, binding: &'a IdentityBinding) -> Vec<Identity<'a>> {
        let namespace = &binding.meta.namespace.value;
        let mut identities = Vec::new();
        if let Some(account) = &binding.service_account {
            identities.extend(self.named_account(namespace, account));
        }
        identities.extend(binding.spiffe_identities.iter().filter_map(|id| self.literal(id)));
        if let Some(labels) = &binding.pod_labels {
            identities.extend(self.selected(labels, namespace));
        }
        identities
    }

    /// The accounts of the pods that have all these labels.
    fn selected(&mut self, labels: &Labels, namespace: &'a str) -> Vec<Identity<'a>> {
        let Some(place) = labels.first().map(|(key, _)| key.span) else { return Vec::new() };
        let workloads = self.bundle.workloads.iter();
        let (chosen, others): (Vec<&'a Workload>, Vec<&'a Workload>) = workloads
            .filter(|workload| workload.meta.namespace.value == namespace)
            .partition(|workload| has_all(&workload.labels, labels));
        if chosen.is_empty() {
            let error = self.selects_nothing(labels, place, namespace);
            self.report(error);
        }
        let mut accounts = BTreeMap::new();
        for workload in chosen {
            accounts.entry(workload.service_account.value.as_str()).or_insert(workload);
        }
        let mut identities = Vec::new();
        for (account, workload) in accounts {
            let shared = others.iter().find(|other| other.service_account.value == account);
            if let Some(other) = shared {
                self.report(shared_account(place, workload, other));
                continue;
            }
            identities.extend(self.account(namespace, account, place));
        }
        identities
    }

    fn selects_nothing(&self, labels: &Labels, place: Span, namespace: &str) -> Diagnostic {
        let wanted: Vec<String> =
            labels.iter().map(|(key, value)| format!("`{}: {}`", key.value, value.value)).collect();
        let message = format!(
            "no pods among the documents have {} in namespace `{namespace}`",
            wanted.join(" and ")
        );
        let error = Diagnostic::error(code::SELECTS_NOTHING, place, message)
            .label("this selector grants nothing");
        let unclear = self.bundle.broken.iter().find(|broken| {
            broken.namespace == namespace && is_workload(&broken.kind) && broken.name.is_some()
        });
        match unclear.and_then(|broken| Some((&broken.kind, broken.name.as_ref()?))) {
            Some((kind, name)) => error.help(format!(
                "the {kind} `{name}` does not count, because it is defined more than once"
            )),
            None => error.help(
                "add the manifests of its Deployments or Pods, or name its `serviceAccount` instead",
            ),
        }
    }

    /// What the binding that a subject names lists.
    pub(super) fn bound<'b>(
        &mut self,
        subject: &'a Subject,
        namespace: &'a str,
        bindings: &'b Bindings<'a>,
    ) -> &'b [Identity<'a>] {
        let name = &subject.name;
        if let Some(identities) = bindings.get(&(namespace, name.value.as_str())) {
            return identities;
        }
        if !self.known.is_broken(KIND, namespace, &name.value) {
            let error = self.unknown_binding(subject, namespace, bindings);
            self.report(error);
        }
        &[]
    }

    fn unknown_binding(
        &self,
        subject: &Subject,
        namespace: &str,
        bindings: &Bindings<'_>,
    ) -> Diagnostic {
        let name = &subject.name;
        let message = format!("there is no {KIND} `{}` in namespace `{namespace}`", name.value);
        let error = Diagnostic::error(code::UNKNOWN_BINDING, name.span, message)
            .label("this subject grants nothing");
        if let Some((other, _)) = bindings.keys().find(|(_, of_name)| *of_name == name.value) {
            return error.help(format!("there is one in namespace `{other}`"));
        }
        let known = bindings.keys().filter(|(of_namespace, _)| *of_namespace == namespace);
        let broken = self
            .bundle
            .broken
            .iter()
            .filter(|broken| broken.kind == KIND && broken.namespace == namespace);
        let broken = broken.filter_map(|broken| broken.name.as_deref());
        nearest::suggest(error, name, known.map(|(_, name)| *name).chain(broken))
    }
}

/// Pods under one account cannot be told apart by their certificates: to let some
/// of them in is to let in all.
fn shared_account(place: Span, chosen: &Workload, other: &Workload) -> Diagnostic {
    let account = &chosen.service_account.value;
    let message = format!("pods without these labels run under ServiceAccount `{account}`, too");
    Diagnostic::error(code::SHARED_ACCOUNT, place, message)
        .label("this selector does not grant anything to that account")
        .related(chosen.service_account.span, "pods with these labels")
        .related(other.service_account.span, "pods without them")
        .help("give the selected pods an account of their own: certificates name only accounts")
}

fn is_workload(kind: &str) -> bool {
    WorkloadKind::ALL.iter().any(|workload| workload.as_str() == kind)
}
