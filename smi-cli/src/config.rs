//! `smi.toml`: what a repository has settled about its policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use policy_compiler::lint::{Level, Levels};
use serde::Deserialize;

use crate::{Failure, input};

/// Its name.
const FILE: &str = "smi.toml";

/// What marks the root of a repository.
const GIT: &str = ".git";

/// The file's contents.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Levels of lints by name; `all` for those that are not named.
    #[serde(default)]
    lints: BTreeMap<toml::Spanned<String>, toml::Spanned<String>>,
}

/// Which findings of lints are shown, and as what.
#[derive(clap::Args)]
pub(crate) struct Lints {
    /// Do not look for what this lint finds.
    #[arg(long, short = 'A', value_name = "LINT")]
    allow: Vec<String>,

    /// Show what this lint finds as warnings.
    #[arg(long, short = 'W', value_name = "LINT")]
    warn: Vec<String>,

    /// Show what this lint finds as errors. For each of these options, the name `all`
    /// stands for all lints that none of them names.
    #[arg(long, short = 'D', value_name = "LINT")]
    deny: Vec<String>,

    /// The file with the levels of lints, instead of `smi.toml` in this folder or one
    /// above it, up to the root of the repository.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Lints {
    /// The levels of all lints: what the command line says outweighs the file.
    pub(crate) fn levels(&self) -> Result<Levels, Failure> {
        let mut levels = Levels::default();
        let file = match &self.config {
            Some(file) => Some(file.clone()),
            None => nearest(&std::env::current_dir()?),
        };
        if let Some(file) = file {
            read(&file, &input::text(&file)?, &mut levels)?;
        }
        let named = |names: &'_ [String], level| -> Vec<(String, Level)> {
            names.iter().map(|name| (name.clone(), level)).collect()
        };
        let all = [
            named(&self.allow, Level::Allow),
            named(&self.warn, Level::Warn),
            named(&self.deny, Level::Deny),
        ];
        levels.set_all(all.iter().flatten().map(|(name, level)| (name.as_str(), *level)))?;
        Ok(levels)
    }
}

/// The file in a folder or above it, up to the root of the repository. Outside of
/// a repository, folders above are none of ours.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let is_repository = folder.ancestors().any(|folder| folder.join(GIT).exists());
    for folder in folder.ancestors() {
        let file = folder.join(FILE);
        if file.is_file() {
            return Some(file);
        }
        if !is_repository || folder.join(GIT).exists() {
            return None;
        }
    }
    None
}

fn read(file: &Path, text: &str, levels: &mut Levels) -> Result<(), Failure> {
    let wrong = |place: std::ops::Range<usize>, problem: &dyn std::fmt::Display| -> Failure {
        let line = text.get(..place.start).unwrap_or_default().matches('\n').count() + 1;
        format!("{}:{line}: {problem}", file.display()).into()
    };
    let config: Config = toml::from_str(text)
        .map_err(|error| wrong(error.span().unwrap_or_default(), &error.message()))?;
    let mut named = Vec::new();
    for (name, level) in &config.lints {
        let level: Level =
            level.get_ref().parse().map_err(|problem| wrong(level.span(), &problem))?;
        // Each on its own first, so that the place of an unknown name is known.
        Levels::default()
            .set(name.get_ref(), level)
            .map_err(|problem| wrong(name.span(), &problem))?;
        named.push((name.get_ref().as_str(), level));
    }
    levels.set_all(named)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use policy_compiler::lint::find;

    use super::*;

    fn read(text: &str) -> Result<Levels, String> {
        let mut levels = Levels::default();
        let result = super::read(Path::new("smi.toml"), text, &mut levels);
        result.map(|()| levels).map_err(|failure| failure.to_string())
    }

    #[test]
    fn lints_have_levels() {
        let text = "[lints]\nopen-ended-path = \"deny\"\nall = \"allow\"\n";
        let levels = read(text).unwrap();
        assert_eq!(levels.of(find("open-ended-path").unwrap()), Level::Deny);
        assert_eq!(levels.of(find("covered-rule").unwrap()), Level::Allow);
        assert!(read("").is_ok());
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, problem) in [
            ("[lints]\nopen-path = \"deny\"", "smi.toml:2: there is no lint `open-path`"),
            ("[lints]\n\nall = \"error\"", "smi.toml:3: the levels of lints are `allow`"),
            ("[lint]\nall = \"deny\"", "smi.toml:1: unknown field `lint`"),
            ("[lints\n", "smi.toml:1: "),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }

    #[test]
    fn the_file_is_looked_for_up_to_the_root_of_the_repository() {
        let root = std::env::temp_dir().join(format!("smi-config-{}", std::process::id()));
        let inner = root.join("repository/a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir_all(root.join("repository/.git")).unwrap();
        let write = |path: &str| input::write(&root.join(path), b"").unwrap();
        write("smi.toml");
        assert_eq!(nearest(&inner), None, "beyond the repository");
        write("repository/smi.toml");
        assert_eq!(nearest(&inner), Some(root.join("repository/smi.toml")));
        write("repository/a/smi.toml");
        assert_eq!(nearest(&inner), Some(root.join("repository/a/smi.toml")));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
