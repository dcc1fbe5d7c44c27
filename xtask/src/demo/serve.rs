//! The mesh stays open: edit the policies and see what they do.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use loopback_mesh::bookstore::{Bookstore, example};
use loopback_mesh::policy::{Policies, read_files};
use loopback_mesh::tools::workspace_root;

use super::screen::Screen;

/// Between two looks at the folder.
const GLANCE: Duration = Duration::from_millis(200);

/// Applies every edit until the program is interrupted.
pub(super) fn run(bookstore: &mut Bookstore, screen: &mut Screen) -> Result<()> {
    let folder = copy_of_the_example()?;
    introduce(bookstore, screen, &folder)?;
    let mut in_force = Vec::new();
    loop {
        // An editor may have taken the file away for a moment; then it is read
        // again at the next look.
        if let Ok(files) = read_files(std::slice::from_ref(&folder))
            && files != in_force
        {
            apply(bookstore, screen, &files)?;
            in_force = files;
        }
        screen.counters(&bookstore.counters());
        thread::sleep(GLANCE);
    }
}

fn apply(bookstore: &mut Bookstore, screen: &mut Screen, files: &[(String, String)]) -> Result<()> {
    match Policies::compile(files) {
        Ok(policies) => {
            if !policies.warnings.is_empty() {
                screen.line(&policies.warnings);
            }
            bookstore.apply(Some(&policies))?;
            screen.line("The policies are in force.");
        }
        Err(rejected) => {
            screen.line(&rejected.report);
            screen.line("The policies have errors; the ones before stay in force.");
        }
    }
    Ok(())
}

/// People edit a copy, so that the story can be told again.
fn copy_of_the_example() -> Result<PathBuf> {
    let folder = workspace_root().join("target/demo/policies");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (name, text) in read_files(&[example()])? {
        let name = Path::new(&name).file_name().context("a policy file without a name")?;
        fs::write(folder.join(name), text)?;
    }
    Ok(folder)
}

fn introduce(bookstore: &Bookstore, screen: &mut Screen, folder: &Path) -> Result<()> {
    screen.line("The mesh stays open. Edit these files and see what happens:");
    for (name, _) in read_files(&[folder.to_owned()])? {
        screen.line(&format!("   {name}"));
    }
    screen.line("Everybody sends requests through the outbound port of their own Envoy:");
    for (workload, sidecar) in bookstore.sidecars() {
        let (name, outbound, admin) =
            (&workload.service_account, sidecar.outbound(), sidecar.admin());
        screen.line(&format!("   {name:14} {outbound}   admin page http://{admin}"));
        if name == "bookthief" {
            screen.line("To ask as the thief:");
            screen.line(&format!(
                "   curl -i http://{outbound}/buy-a-book/new -H 'Host: bookstore.bookstore'"
            ));
        }
    }
    screen.line("Ctrl-C ends everything.");
    Ok(())
}
