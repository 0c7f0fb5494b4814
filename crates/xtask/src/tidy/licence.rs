//! Every dependency can be used under one of these licences.

use spdx::{Expression, ParseMode};

use super::metadata::Metadata;

/// SPDX identifiers. None asks more than to keep the notice, but MPL-2.0, which asks to publish changes to its own files.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that state their licence only in a file, which was read.
const READ: &[&str] = &[];

pub fn check(metadata: &Metadata) -> Vec<String> {
    let others = metadata.packages.iter().filter(|package| !package.member && !READ.contains(&package.name.as_str()));
    others
        .filter_map(|package| match &package.licence {
            Some(licence) if is_allowed(licence) => None,
            Some(licence) => Some(format!("{} is licensed {licence}, which is not among the allowed licences", package.name)),
            None => Some(format!("{} names no licence: read its licence file, then list it in tidy/licence.rs", package.name)),
        })
        .collect()
}

/// Whether an SPDX expression leaves a choice of allowed licences. The old `A/B` means `A OR B`.
fn is_allowed(expression: &str) -> bool {
    let parsed = Expression::parse_mode(expression, ParseMode::LAX);
    parsed.is_ok_and(|parsed| parsed.evaluate(|wanted| ALLOWED.contains(&wanted.to_string().as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_sum_all() {
        let check = |expression: &str, expect: bool| assert_eq!(is_allowed(expression), expect, "{expression}");
        check("MIT", true);
        check("MIT/Apache-2.0", true);
        check("MIT OR Apache-2.0 OR LGPL-2.1-or-later", true);
        check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
        check("ISC AND (Apache-2.0 OR ISC) AND GPL-3.0", false);
        check("GPL-3.0-only", false);
        check("MIT AND (", false);
        check("", false);
    }
}
