//! What one set has that another has not.

use std::collections::{BTreeMap, BTreeSet};

use linkpool_primitives::{ItemKind, words};

use crate::JobSet;

words! {
    /// What becomes of an item.
    pub enum Change { Add = "add", Change = "change", Remove = "remove" }
}

/// The items by which `to` differs from `from`, bridges first, by name.
pub fn difference(from: &JobSet, to: &JobSet) -> Vec<(Change, ItemKind, String)> {
    let mut changes = between(ItemKind::Bridge, &from.bridges, &to.bridges);
    changes.extend(between(ItemKind::Job, &from.jobs, &to.jobs));
    changes
}

fn between<T: PartialEq>(
    kind: ItemKind,
    from: &BTreeMap<String, T>,
    to: &BTreeMap<String, T>,
) -> Vec<(Change, ItemKind, String)> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let change = |name: &String| match (from.get(name), to.get(name)) {
        (None, _) => Some(Change::Add),
        (_, None) => Some(Change::Remove),
        (old, new) => (old != new).then_some(Change::Change),
    };
    names.into_iter().filter_map(|name| Some((change(name)?, kind, name.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Job;

    #[test]
    fn what_is_new_other_or_gone_is_listed_and_what_is_alike_is_not() {
        let set = |jobs: &[(&str, &str)]| JobSet {
            jobs: jobs.iter().map(|(name, toml)| (name.to_string(), Job { toml: toml.to_string(), nodes: None })).collect(),
            ..JobSet::default()
        };
        let found = difference(&set(&[("a", "1"), ("b", "1"), ("c", "1")]), &set(&[("b", "2"), ("c", "1"), ("d", "1")]));
        let found: Vec<_> = found.iter().map(|(change, _, name)| (*change, name.as_str())).collect();
        assert_eq!(found, [(Change::Remove, "a"), (Change::Change, "b"), (Change::Add, "d")]);
    }
}
