//! What there is.

use std::{collections::BTreeMap, sync::Arc};

use super::{definition::Definition, service::Service, task::Task};

/// One state of the account.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub clusters: BTreeMap<String, Arc<str>>,
    pub definitions: BTreeMap<String, Arc<Definition>>,
    pub services: BTreeMap<String, Arc<Service>>,
    pub tasks: BTreeMap<String, Arc<Task>>,
}

impl View {
    /// Whether nothing was put into it, taken out or changed since one was copied from the other. What is changed is copied first, as long as the
    /// other has it too.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        are_same(&self.clusters, &other.clusters)
            && are_same(&self.definitions, &other.definitions)
            && are_same(&self.services, &other.services)
            && are_same(&self.tasks, &other.tasks)
    }
}

fn are_same<T: ?Sized>(one: &BTreeMap<String, Arc<T>>, other: &BTreeMap<String, Arc<T>>) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((name, value), (other_name, other))| name == other_name && Arc::ptr_eq(value, other))
}
