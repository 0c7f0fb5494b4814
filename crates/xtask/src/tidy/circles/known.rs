//! The circles that are still to be dissolved. The list only gets shorter.

use std::collections::BTreeMap;

/// Files that all import each other over others, and what is said of them.
pub struct Circle {
    pub files: usize,
    pub said: String,
}

/// Each circle by its crate and how many files are in it. It may shrink or fall apart; it may not grow, no crate gets another one, and what
/// has been dissolved is deleted here.
pub const KNOWN: &[(&str, usize)] = &[("registrar", 6), ("registrar", 5)];

/// What is wrong with the circles beside the list, or with the list.
pub fn unknown(found: &BTreeMap<&str, Vec<Circle>>, known: &[(&str, usize)]) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, circles) in found {
        let lines: Vec<usize> = known.iter().filter(|(of, _)| of == name).map(|(_, files)| *files).collect();
        let (allowed, files): (usize, usize) = (lines.iter().sum(), circles.iter().map(|circle| circle.files).sum());
        if files > allowed {
            broken.extend(circles.iter().map(|circle| format!("crates/{name}: {}", circle.said)));
        } else if lines.len() > circles.len() {
            broken.push(format!(
                "crates/{name}: {} circles are known and {} are there: delete what has been dissolved from crates/xtask/src/tidy/circles/known.rs",
                lines.len(),
                circles.len()
            ));
        }
    }
    let gone = known.iter().filter(|(name, _)| !found.contains_key(name));
    broken.extend(gone.map(|(name, _)| format!("crates/xtask/src/tidy/circles/known.rs: there is no crate `{name}`")));
    broken
}
