//! What the filter costs in a real Envoy: `cargo xtask bench envoy`.
//!
//! Many Envoys run at the same time, each with one worker, and answer requests
//! themselves. They differ in what decides about a request before: nothing, this
//! filter, or a filter of Envoy's own with the same rules. What counts is the CPU time
//! of the whole process, which other processes disturb less than they disturb latency,
//! and the difference to Envoy without a filter in the same round.

mod cases;
mod client;
mod cores;
mod goals;
mod reload;
mod rounds;
mod rules;
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use decision_table::Mode;
use loopback_mesh::certificates::Authority;
use loopback_mesh::process::RunFolder;
use loopback_mesh::tools::Tools;

use self::cases::{Case, Kind};
use self::client::Callers;
use self::cores::Cores;
use self::reload::Reload;
use self::rounds::{Measured, Running, quantile};
use self::server::Setting;
use super::collect::Row;
use super::{Run, view};
use crate::report;

const RELOAD: &str = "reload";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often everything is measured
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// Requests in a burst, of which each round has two for every case; less where they
    /// are slow
    #[arg(long, default_value_t = 640)]
    requests: usize,
    /// Measure at most 100 rules, and just long enough to see that everything works
    #[arg(long)]
    quick: bool,
    /// Another build of the filter, with which to compare instead of Envoy's own filters
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// Measures, and writes `target/bench/envoy.json` and `.svg`.
///
/// # Errors
///
/// When something cannot be installed, an Envoy does not start, or decides otherwise
/// than it should.
pub(super) fn run(options: &Options) -> Result<ExitCode> {
    let run = Run::start("envoy", options.quick)?;
    let tools = Tools::prepare(&report)?;
    let mut folder = RunFolder::new("bench-envoy")?;
    let rows = measure(&tools, &folder, options);
    if rows.is_err() {
        folder.keep();
    }
    let rows = rows?;
    run.show(&view::ENVOY, &rows)?;
    print!("\n{}", goals::text(&rows));
    Ok(ExitCode::SUCCESS)
}

fn measure(tools: &Tools, folder: &RunFolder, options: &Options) -> Result<Vec<Row>> {
    let Options { rounds, requests, quick, against } = options;
    let (rounds, requests) = if *quick { (3, 256) } else { (*rounds, *requests) };
    let authority = Authority::new()?;
    let certificate = authority.issue(&rules::server())?.write(&authority, folder.path())?;
    let cores = Cores::divide();
    if cores.is_none() {
        report("cannot give Envoy a core of its own: figures will differ more");
    }
    let setting = Setting {
        envoy: &tools.envoy,
        filter: &tools.filter,
        certificate: &certificate,
        cores: cores.as_ref(),
    };
    let mut callers = Callers::new(&authority);
    let cases = cases::all(*quick, against.is_some());
    report("compiling policies and starting an Envoy for each case");
    let mut running =
        rounds::start(&cases, setting, against.as_deref(), &mut callers, folder.path())?;
    report(&format!("measuring {} cases in {rounds} rounds", cases.len()));
    let measured = rounds::measure(&cases, &mut running, rounds, requests)?;
    let mut rows = measured.iter().map(|case| row(case, &running)).collect::<Result<Vec<_>>>()?;
    report("replacing tables under load");
    let of_filter = |it: &&mut Running| {
        it.place.kind == Kind::Filter(Mode::Enforce) && !it.place.shares_callers
    };
    let largest = running.iter_mut().filter(of_filter).max_by_key(|it| it.place.rules);
    let largest = largest.context("no case with the filter")?;
    let size = largest.place.rules as u64;
    rows.push(row_of_reloads(size, &reload::measure(largest, rounds)?));
    Ok(rows)
}

fn row(measured: &Measured, running: &[Running]) -> Result<Row> {
    let Case { group, place, .. } = measured.case;
    let server = &running.get(measured.at).context("no Envoy")?.server;
    let mut figures = BTreeMap::new();
    let mut add = |key: &str, value| figures.extend([(key.to_owned(), value)]);
    add("cpu_ns", quantile(&measured.costs, 0.5));
    if place.kind != Kind::Nobody {
        for (key, part) in [("over_q1_ns", 0.25), ("over_ns", 0.5), ("over_q3_ns", 0.75)] {
            add(key, quantile(&measured.over, part));
        }
    }
    if let (Kind::Filter(_) | Kind::Other, Some(mean)) = (place.kind, server.decision()?) {
        add("decide_ns", mean);
    }
    add("resident_bytes", server.memory()?);
    let case = place.kind.name().to_owned();
    Ok(Row { group: group.to_owned(), case, size: place.rules as u64, figures, remark: None })
}

fn row_of_reloads(size: u64, reloads: &[Reload]) -> Row {
    let nanoseconds = |of: fn(&Reload) -> std::time::Duration| -> Vec<f64> {
        reloads.iter().map(|reload| of(reload).as_secs_f64() * 1e9).collect()
    };
    let slowest = nanoseconds(|it| it.slowest);
    let figures = [
        ("apply_ns", quantile(&nanoseconds(|it| it.apply), 0.5)),
        ("slowest_ns", quantile(&slowest, 0.5)),
        ("slowest_ever_ns", quantile(&slowest, 1.0)),
        ("otherwise_ns", quantile(&nanoseconds(|it| it.otherwise), 0.5)),
    ];
    let figures = figures.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let case = Kind::Filter(Mode::Enforce).name().to_owned();
    Row { group: RELOAD.to_owned(), case, size, figures, remark: None }
}
