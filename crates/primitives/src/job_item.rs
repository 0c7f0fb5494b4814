//! The bridges and jobs that nodes are given: what they are, and how far.

crate::words! {
    /// What an item of a set is.
    #[derive(PartialOrd, Ord)]
    pub enum ItemKind {
        /// The way to an external adapter.
        Bridge = "bridge",
        Job = "job",
    }
}

crate::words! {
    /// How far an item is at a node.
    pub enum ItemState {
        /// Being made. It was not there before: where it is there now, it is this one.
        Creating = "creating",
        /// Being changed. Which of the two is there is not known.
        Updating = "updating",
        /// The node has taken it.
        Given = "given",
    }
}
