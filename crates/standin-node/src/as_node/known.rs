//! The settings that a node knows by name. It refuses others.

use std::{collections::HashSet, sync::LazyLock};

use toml::de::{DeTable, DeValue};

/// A line has a section (`-` for none) and names of it.
static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut known = HashSet::new();
    for line in include_str!("settings.txt").lines() {
        let Some((section, names)) = line.split_once(':') else { continue };
        let section = if section == "-" { "" } else { section };
        let parts: Vec<&str> = section.split('.').collect();
        known.extend((1..=parts.len()).map(|length| parts[..length].join(".")));
        known.extend(names.split_whitespace().map(|name| below(section, name)));
    }
    known
});

fn below(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// Refuses what a node does not know, pointing at it as a node does.
pub(super) fn require_known(text: &str, section: &str) -> Result<(), String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    match first_unknown(table.get_ref(), section) {
        Some((at, length, what)) => Err(pointed_at(text, at, length, what)),
        None => Ok(()),
    }
}

/// Where it begins, how long it is, and what is missing for it.
fn first_unknown(table: &DeTable<'_>, section: &str) -> Option<(usize, usize, &'static str)> {
    // In the order of the text.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter().find_map(|(key, value)| {
        let path = below(section, key.get_ref());
        if !KNOWN.contains(&path) {
            let what = if matches!(value.get_ref(), DeValue::Table(_)) { "missing table" } else { "missing field" };
            return Some((key.span().start, key.span().len(), what));
        }
        match value.get_ref() {
            DeValue::Table(inner) => first_unknown(inner, &path),
            DeValue::Array(entries) => entries.iter().find_map(|entry| match entry.get_ref() {
                DeValue::Table(inner) => first_unknown(inner, &path),
                _ => None,
            }),
            _ => None,
        }
    })
}

fn pointed_at(text: &str, at: usize, length: usize, what: &str) -> String {
    let before = &text[..at];
    let number = before.matches('\n').count() + 1;
    let column = at - before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let margin = " ".repeat(number.to_string().len());
    format!("{number}| {line}\n{margin}| {}{} {what}", " ".repeat(column), "~".repeat(length.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nodes_own_settings_are_known() {
        let text = "RootDir = '/x'\nLog.Level = 'info'\n[WebServer.TLS]\nHTTPSPort = 0\n[P2P.V2]\nEnabled = false\n[Database.Lock]\n\
                    LeaseDuration = '3s'\n[[EVM]]\nChainID = '1'\nLinkContractAddress = '0x1'\n[EVM.GasEstimator]\nMode = 'x'\n\
                    [[EVM.Nodes]]\nName = 'a'\nHTTPURL = 'b'\nWSURL = 'c'\n[EVM.NodePool]\nNewHeadsPollInterval = '1s'\n";
        assert_eq!(require_known(text, ""), Ok(()));
        assert_eq!(require_known("[Database]\nURL = 'x'\n[Password]\nKeystore = 'y'\n", ""), Ok(()));
    }

    #[test]
    fn what_a_node_does_not_know_is_pointed_at() {
        for (text, pointer) in [
            ("[Foo]\nBar = 1\n", "1| [Foo]\n |  ~~~ missing table"),
            ("HTTPPort = 1\n", "1| HTTPPort = 1\n | ~~~~~~~~ missing field"),
            ("[WebServer]\nHTTPPrt = 1\n", "2| HTTPPrt = 1\n | ~~~~~~~ missing field"),
            ("[[EVM]]\nChainID = '1'\n[[EVM.Nodes]]\nNam = 'x'\n", "4| Nam = 'x'\n | ~~~ missing field"),
        ] {
            assert_eq!(require_known(text, ""), Err(pointer.to_owned()), "{text}");
        }
        assert!(require_known("a = = b", "").is_err());
    }
}
