//! What is to become of each object of a file.

use super::{Targets, ports::Moves};
use crate::{
    ReadOptions,
    api::{Decoded, KindVersion, Reading, Resource, SPECS, Written, each_object},
    diagnostic::{Diagnostic, code},
    document::{Documents, Tree},
    source::SourceFile,
};

const API_VERSION: &str = "apiVersion";

/// One object of a file, in the order of the text.
pub(super) struct Job {
    /// What it says, in its version.
    pub(super) old: Written,
    /// What it is to say, in the version to come.
    pub(super) new: Written,
    /// A TCPRoute to come after it.
    pub(super) added: Option<Written>,
}

impl Job {
    pub(super) fn changes(&self) -> bool {
        self.old.data != self.new.data
    }

    /// Forgets a version that was only assumed, so that it is written.
    fn assume_version(&mut self) {
        if let Some(object) = self.old.data.as_object_mut() {
            object.remove(API_VERSION);
        }
    }
}

/// The jobs of a file. Objects that cannot be written in the version to come are
/// reported, and stay as they are.
pub(super) fn jobs(
    file: &SourceFile,
    options: &ReadOptions,
    targets: &Targets,
    moves: &Moves,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for_each(file, options, |tree, kind, object| {
        let mut planner = Planner { targets, moves, diagnostics };
        let mut job = object.resource.and_then(|resource| planner.job(kind, &resource));
        if let Some(job) = job.as_mut().filter(|_| tree.get(object.node, API_VERSION).is_none()) {
            job.assume_version();
        }
        jobs.extend(job);
    });
    jobs
}

/// Calls `visit` for every SMI object of a file. False when some are not read
/// without errors.
pub(super) fn for_each(
    file: &SourceFile,
    options: &ReadOptions,
    mut visit: impl FnMut(&Tree<'_>, &'static KindVersion, Decoded<'_>),
) -> bool {
    let mut documents = Documents::of(file, &options.limits);
    let reading = Reading::of(options);
    let mut fine = true;
    for tree in &mut documents {
        fine &= tree.complete;
        each_object(file, &tree, &reading, &mut |object| {
            fine &= !object.failed;
            if let Some(kind) = object.kind.filter(|kind| kind.smi.is_some()) {
                visit(&tree, kind, object);
            }
        });
    }
    fine && documents.take_problems().is_empty()
}

/// Writes objects in the versions to come.
pub(super) struct Planner<'a> {
    pub(super) targets: &'a Targets,
    pub(super) moves: &'a Moves,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Planner<'_> {
    fn job(&mut self, kind: &'static KindVersion, resource: &Resource) -> Option<Job> {
        // Every version can say what was read from it.
        let old = kind.write(resource).ok().flatten()?;
        let new = self.convert(kind, resource).unwrap_or_else(|| old.clone());
        Some(Job { old, new, added: self.added(resource) })
    }

    /// Writes an object that has had no version so far.
    pub(super) fn written_anew(&mut self, resource: &Resource) -> Option<Written> {
        let newest = KindVersion::newest(resource.kind())?;
        let goal = self.targets.version(newest.group);
        let kind = goal.and_then(|version| KindVersion::find(newest.kind, version));
        self.convert(kind.unwrap_or(newest), resource)
    }

    /// `None` when the object stays as it is.
    fn convert(&mut self, kind: &'static KindVersion, resource: &Resource) -> Option<Written> {
        if self.is_stuck(resource) {
            return None;
        }
        let moved = self.moved(resource);
        let resource = moved.as_ref().unwrap_or(resource);
        let version = self.targets.version_after(kind.group, kind.version);
        let Some(target) = KindVersion::find(kind.kind, version) else {
            self.report_unknown_kind(kind, version, resource);
            return None;
        };
        self.written(target, resource)
    }

    fn written(&mut self, kind: &KindVersion, resource: &Resource) -> Option<Written> {
        kind.write(resource).unwrap_or_else(|losses| {
            self.diagnostics.extend(losses);
            None
        })
    }

    fn is_stuck(&self, resource: &Resource) -> bool {
        matches!(resource, Resource::TrafficTarget(target)
            if self.moves.stuck.contains(&target.meta.qualified_name()))
    }

    /// The object with its ports where the versions to come have them.
    fn moved(&self, resource: &Resource) -> Option<Resource> {
        match resource {
            Resource::TrafficTarget(target) => {
                let moved = self.moves.targets.get(&target.meta.qualified_name())?;
                Some(Resource::TrafficTarget(moved.clone()))
            }
            Resource::TcpRoute(route) => {
                let moved = self.moves.tcp_routes.get(&route.meta.qualified_name())?;
                Some(Resource::TcpRoute(moved.clone()))
            }
            _ => None,
        }
    }

    /// The TCPRoute that comes with a TrafficTarget.
    pub(super) fn added(&mut self, resource: &Resource) -> Option<Written> {
        let Resource::TrafficTarget(target) = resource else { return None };
        let route = self.moves.added.get(&target.meta.qualified_name())?;
        let version = self.targets.version(SPECS).unwrap_or("v1alpha4");
        self.written(KindVersion::find("TCPRoute", version)?, &Resource::TcpRoute(route.clone()))
    }

    fn report_unknown_kind(&mut self, kind: &KindVersion, version: &str, resource: &Resource) {
        let message = format!("`{}/{version}` has no kind `{}`", kind.group, kind.kind);
        let Some(meta) = resource.meta() else { return };
        self.diagnostics.push(
            Diagnostic::error(code::NOT_EXPRESSIBLE, meta.name.span, message)
                .help(format!("this object stays in `{}`", kind.api_version())),
        );
    }
}
