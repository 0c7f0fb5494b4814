//! Settings in several files: later ones override earlier ones, chains by their id and endpoints by their name.

use toml::{Table, Value};

/// Lists whose entries are told apart by one of their settings.
const BY_NAME: [(&str, &str); 2] = [("EVM", "ChainID"), ("Nodes", "Name")];

/// Overrides `base` by `over`.
pub(super) fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value),
            (Some(Value::Array(entries)), Value::Array(value)) => match BY_NAME.iter().find(|(list, _)| *list == key) {
                Some((_, name)) => value.into_iter().for_each(|entry| merge_entry(entries, entry, name)),
                None => *entries = value,
            },
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

fn merge_entry(entries: &mut Vec<Value>, entry: Value, name: &str) {
    let same = entries.iter_mut().find(|it| it.get(name).is_some() && it.get(name) == entry.get(name));
    match (same, entry) {
        (Some(Value::Table(there)), Value::Table(entry)) => merge(there, entry),
        (_, entry) => entries.push(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_file_overrides_an_earlier_one_chain_by_chain() {
        let mut base: Table = toml::from_str(
            "RootDir = 'a'\n[WebServer]\nHTTPPort = 1\n[[EVM]]\nChainID = '1'\n[[EVM.Nodes]]\nName = 'x'\nHTTPURL = 'a'\n",
        )
        .unwrap();
        let over = "[WebServer]\nHTTPPort = 2\n[[EVM]]\nChainID = '1'\nFinalityDepth = 3\n[[EVM.Nodes]]\nName = 'x'\nHTTPURL = 'b'\n[[EVM]]\nChainID = '2'\n";
        merge(&mut base, toml::from_str(over).unwrap());
        let expected: Table = toml::from_str("RootDir = 'a'\n[WebServer]\nHTTPPort = 2\n[[EVM]]\nChainID = '1'\nFinalityDepth = 3\n[[EVM.Nodes]]\nName = 'x'\nHTTPURL = 'b'\n[[EVM]]\nChainID = '2'\n").unwrap();
        assert_eq!(base, expected);
    }
}
