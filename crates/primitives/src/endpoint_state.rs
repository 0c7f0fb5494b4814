//! How an RPC endpoint behaves.

crate::words! {
    /// What an endpoint is like now: metrics, the database and the API have the word.
    #[derive(Default)]
    pub enum EndpointState {
        /// It answers, as far as we know.
        #[default]
        Ok = "ok",
        /// It limits our rate.
        Limited = "limited",
        /// It is behind the others, or lacked a block that another one had.
        Lagging = "lagging",
        /// It contradicted itself or others.
        Faulty = "faulty",
        /// It does not answer.
        Unreachable = "unreachable",
        /// It serves another chain; it is not used.
        WrongChain = "wrong_chain",
    }
}
