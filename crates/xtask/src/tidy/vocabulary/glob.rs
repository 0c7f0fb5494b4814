//! Patterns of paths and names.

/// Whether a path is one of `crates/{a,b}/**,docs/*.sql`: `**` is anything, `*` anything within a folder's name.
pub fn matches_path(patterns: &str, path: &str) -> bool {
    split(patterns).into_iter().flat_map(alternatives).any(|pattern| matches(&pattern, path))
}

/// Whether a name is one of `slot,*_slot`.
pub fn matches_name(patterns: &str, name: &str) -> bool {
    patterns.split(',').any(|pattern| matches(pattern, name))
}

/// Splits at the commas that stand in no braces.
fn split(patterns: &str) -> Vec<&str> {
    let mut inside = false;
    let is_end = |character| {
        inside = (inside || character == '{') && character != '}';
        character == ',' && !inside
    };
    patterns.split(is_end).collect()
}

/// Each pattern without braces that one with them stands for.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let (choices, after) = rest.split_once('}').unwrap_or((rest, ""));
    choices.split(',').flat_map(|choice| alternatives(&format!("{before}{choice}{after}"))).collect()
}

fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(left) = text.strip_prefix(before) else { return false };
    let (rest, crosses) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
    let ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
    let mut reached = ends.take_while(|end| crosses || !left[..*end].contains('/'));
    reached.any(|end| matches(rest, &left[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_in_its_folder_and_two_do_not() {
        for (patterns, path, expect) in [
            ("crates/**", "crates/a/src/b.rs", true),
            ("crates/*", "crates/a/src/b.rs", false),
            ("crates/{chain,cli}/**,docs/*.sql", "crates/cli/tests/a.rs", true),
            ("crates/{chain,cli}/**,docs/*.sql", "docs/a.sql", true),
            ("crates/{chain,cli}/**,docs/*.sql", "crates/db/src/a.rs", false),
            ("crates/*/tests/**", "crates/db/tests/it/a.rs", true),
        ] {
            assert_eq!(matches_path(patterns, path), expect, "{patterns} {path}");
        }
        assert!(matches_name("slot,*penalty*slot*", "PENALTY_penalty_of_slots") && !matches_name("slot,free_*", "slots"));
    }
}
