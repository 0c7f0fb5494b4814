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
