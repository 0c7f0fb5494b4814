//! A library whose documentation has no example that compiles is not read for some in every check: that is seconds for each.

use super::sources::Source;

const NOT_READ: &str = "doctest = false";

pub fn check(sources: &[Source]) -> Vec<String> {
    let folders = sources.iter().filter_map(|source| source.path.strip_suffix("src/lib.rs"));
    folders.filter(|folder| folder.starts_with("crates/")).filter_map(|folder| of(folder, sources)).collect()
}

fn of(folder: &str, sources: &[Source]) -> Option<String> {
    let manifest = format!("{folder}Cargo.toml");
    let is_read = !sources.iter().any(|source| source.path == manifest && source.text.lines().any(|line| line == NOT_READ));
    let is_documented =
        |path: &str| path.ends_with(".rs") && path.starts_with(&format!("{folder}src/")) || path == format!("{folder}README.md");
    let example = sources.iter().find(|source| is_documented(&source.path) && has_example(source));
    match (is_read, example) {
        (true, None) => {
            Some(format!("{manifest}: no example is in its documentation: `{NOT_READ}` under [lib] spares a look for some"))
        }
        (false, Some(source)) => Some(format!("{}: nobody runs this example while {manifest} has `{NOT_READ}`", source.path)),
        _ => None,
    }
}

/// Whether one of its code blocks is compiled. Those of a README are where a library has it for its documentation: whoever adds one
/// says what is in it.
fn has_example(source: &Source) -> bool {
    let mut is_open = false;
    source.text.lines().filter_map(|line| fence(line, source.path.ends_with(".md"))).any(|language| {
        is_open = !is_open;
        is_open
            && ["", "rust", "no_run", "should_panic", "compile_fail"].contains(&language.split(',').next().unwrap_or_default())
    })
}

/// What stands behind the three strokes that begin or end a block.
fn fence(line: &str, is_markdown: bool) -> Option<&str> {
    let line = line.trim_start();
    let text = if is_markdown { Some(line) } else { line.strip_prefix("//!").or_else(|| line.strip_prefix("///")) };
    text?.trim_start().strip_prefix("```").map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_library_is_read_for_examples_where_it_has_some_and_only_there() {
        let broken = |manifest: &str, documentation: &str| {
            let sources = [
                source("crates/one/Cargo.toml", manifest),
                source("crates/one/src/lib.rs", documentation),
                source("crates/one/README.md", "```text\n```\n"),
            ];
            check(&sources).len()
        };
        let (example, none) = ("//! ```\n//! one();\n//! ```\n", "/// ```text\n/// a picture\n/// ```\n");
        assert_eq!((broken("", example), broken("[lib]\ndoctest = false\n", none)), (0, 0));
        assert_eq!((broken("", none), broken("[lib]\ndoctest = false\n", example)), (1, 1));
        assert_eq!(broken("[lib]\ndoctest = false\n", "//! ```no_run\n//! ```\n"), 1);
    }
}
