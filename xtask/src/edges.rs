//! The direction of imports between the top modules: each names only those below it, and the core names nothing that would
//! make two runs of it differ.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What each top module may name of the crate, besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("time", &["text"]),
    ("token", BASE),
    ("error", BASE),
    ("protocol", BASE),
    ("machine", BASE),
    ("browser", &["error", "machine", "protocol", "text", "time", "token"]),
    ("session", &["browser", "error", "machine", "protocol", "text", "time", "token"]),
    ("js", &["error", "machine", "protocol", "time", "token"]),
    ("dev", BASE),
    // Helpers of unit tests: all may use them.
    ("testing", &["error", "machine", "protocol", "text", "time", "token"]),
];
const BASE: &[&str] = &["error", "protocol", "text", "time", "token"];

/// The modules that must behave alike wherever and whenever they run, and what they must not name: clocks, randomness and
/// collections whose order changes from run to run. (Browser crates cannot slip in: the native build does not have them.)
const CORE: &[&str] = &["error", "machine", "protocol", "text", "time", "token"];
const IMPURE: &[&str] = &["Instant", "SystemTime", "HashMap", "HashSet", "RandomState", "getrandom", "thread"];

pub fn check(source: &Path) -> Result<()> {
    let mut wrong = Vec::new();
    for file in rust_files(source)? {
        let inside = file.strip_prefix(source)?;
        let Some(module) = top_module(inside) else {
            continue;
        };
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for problem in problems(&module, &text) {
            wrong.push(format!("src/{}: {problem}", inside.display()));
        }
    }
    if !wrong.is_empty() {
        bail!("imports against the grain:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// `machine/renewal.rs` and `machine.rs` belong to `machine`; `lib.rs` and the programs stand above all.
fn top_module(file: &Path) -> Option<String> {
    let first = Path::new(file.components().next()?.as_os_str());
    match first.file_stem()?.to_str()? {
        "lib" | "bin" => None,
        module => Some(module.to_owned()),
    }
}

fn problems(module: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else {
        return vec![format!("the module `{module}` has no place yet in xtask/src/edges.rs")];
    };
    let code = without_comments(text);
    let edges = named_modules(&code)
        .into_iter()
        .filter(|named| named != module && named != "testing" && !allowed.contains(&named.as_str()))
        .map(|named| format!("`{module}` must not name `crate::{named}`"));
    let impure = code
        .split(|char: char| !char.is_alphanumeric() && char != '_')
        .filter(|word| CORE.contains(&module) && IMPURE.contains(word))
        .map(|word| format!("`{module}` must not use `{word}`"));
    edges.chain(impure).collect()
}

/// Every `x` of `crate::x` and `crate::{x, …}`.
fn named_modules(text: &str) -> Vec<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            Some(group) => named.extend(group_heads(group)),
            None => named.extend(head(path)),
        }
    }
    named.sort();
    named.dedup();
    named
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first names of a group's items, up to its closing brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let mut items = vec![String::new()];
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ if depth == 0 => items.iter_mut().last().into_iter().for_each(|item| item.push(char)),
            _ => {}
        }
    }
    items.iter().filter_map(|item| head(item.trim_start())).collect()
}

fn head(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn rust_files(directory: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_must_not_name_the_browser() {
        assert_eq!(problems("machine", "use crate::browser::Clock;"), ["`machine` must not name `crate::browser`"]);
    }

    #[test]
    fn a_module_may_name_itself_and_those_below_it() {
        assert!(problems("machine", "use crate::machine::Event;\nuse crate::token::Record;").is_empty());
        assert!(problems("session", "use crate::browser::clock::Clock;").is_empty());
    }

    #[test]
    fn the_server_must_not_name_the_client() {
        assert_eq!(problems("dev", "fn f(_: crate::machine::Event) {}").len(), 1);
    }

    #[test]
    fn groups_are_seen_item_by_item() {
        let group = "use crate::{error::Error, machine::{Event, session}, session as s};";
        assert_eq!(named_modules(group), ["error", "machine", "session"]);
    }

    #[test]
    fn comments_do_not_count() {
        assert!(problems("machine", "/// See [`crate::session`].\n// crate::js, Instant").is_empty());
    }

    #[test]
    fn the_core_reads_no_clock() {
        assert_eq!(problems("machine", "let now = std::time::Instant::now();"), ["`machine` must not use `Instant`"]);
        assert!(problems("dev", "let now = std::time::Instant::now();").is_empty());
    }

    #[test]
    fn a_module_without_a_place_is_reported() {
        assert_eq!(problems("novelty", "").len(), 1);
    }
}
