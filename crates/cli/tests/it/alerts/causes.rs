//! For each alert, what makes it fire. A rule without a cause here does not pass (see [`super`]).

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    JobsRemoved,
    RolesKilled,
    DatabaseCut,
    RoleNotGranted,
    MiningStops,
    EndpointStops,
    EndpointLags,
    EndpointsFail,
    RowChanged,
    LogsSlow,
    Announced,
    PursesEmpty,
    KeyUsedElsewhere,
    TransactionsForgotten,
    NonceTaken,
    Reorg,
    Quarantine,
    ReplicaLost,
    ReplicasEnd,
    RolloutRefused,
    NodeNotKept,
    AutoscaleStops,
    NodeUnknown,
    ChainCut,
    OperatorOfAnother,
    WalletLetsIn,
    ReporterBlind,
    EarningsHeldUp,
}

pub struct Cause {
    pub trouble: Trouble,
    /// As it stands in the report.
    pub what: &'static str,
    pub alerts: &'static [&'static str],
}

const fn cause(trouble: Trouble, what: &'static str, alerts: &'static [&'static str]) -> Cause {
    Cause { trouble, what, alerts }
}

/// In this order: what turns the chain's clock comes last.
pub const CAUSES: &[Cause] = &[
    cause(
        Trouble::JobsRemoved,
        "the jobs are taken out of Prometheus",
        &["IndexMissing", "ApiMissing", "FleetMissing", "RegistrarMissing", "ReporterMissing"],
    ),
    cause(Trouble::RolesKilled, "`kill -9` of all roles", &["RoleDown"]),
    cause(Trouble::DatabaseCut, "the way to Postgres is cut", &["FiguresStale", "RoleStandsStill", "FleetReconcileOld"]),
    cause(Trouble::RoleNotGranted, "the registrar is started after the owner has taken its role on chain", &["NoLeader"]),
    cause(Trouble::MiningStops, "the chain makes no blocks", &["ChainStalled"]),
    cause(Trouble::EndpointStops, "one of two endpoints closes its port", &["EndpointDown"]),
    cause(Trouble::EndpointLags, "one of two endpoints is thirty blocks behind", &["EndpointLags"]),
    cause(Trouble::EndpointsFail, "the endpoints answer every second request with 503", &["EndpointFails"]),
    cause(Trouble::RowChanged, "a fee in the database is changed by SQL", &["VerificationDiffers"]),
    cause(Trouble::LogsSlow, "blocks come faster than the endpoints give their logs, four seconds each time", &["IndexerBehind"]),
    cause(Trouble::Announced, "the pool's owner schedules another fee", &["OwnerAnnounced"]),
    cause(
        Trouble::PursesEmpty,
        "registrar and reporter have 0.01 ether left, and a new node wants some",
        &["RegistrarBalanceLow", "RegistrarBalanceOut", "ReporterBalanceLow", "SignerOutOfEther"],
    ),
    cause(Trouble::KeyUsedElsewhere, "somebody else sends from the registrar's account", &["SignerHalted"]),
    cause(Trouble::TransactionsForgotten, "both endpoints accept transactions and forget them", &["TransactionPending"]),
    cause(
        Trouble::NonceTaken,
        "somebody else uses a nonce for which a transaction of ours is on its way",
        &["NonceUsedElsewhere"],
    ),
    cause(Trouble::Reorg, "a reorg takes back the transactions of four nodes", &["TransactionsReorged"]),
    cause(Trouble::Quarantine, "a node is put into quarantine", &["NodeQuarantined"]),
    cause(Trouble::ReplicaLost, "one replica is killed and its program does not start any more", &["NodeDegraded"]),
    cause(Trouble::ReplicasEnd, "all replicas are killed and each start ends at once", &["NodeDown", "ReplacementStorm"]),
    cause(Trouble::RolloutRefused, "a version is rolled out that the nodes' program does not have", &["RolloutHalted"]),
    cause(Trouble::NodeNotKept, "a node's database could not be kept, as SQL says it", &["NodeNotKept"]),
    cause(
        Trouble::AutoscaleStops,
        "automatic scaling is stopped by SQL, as three nodes that do not open do",
        &["AutoscaleStopped"],
    ),
    cause(Trouble::NodeUnknown, "somebody else registers a node on the contract", &["AuditDifferences"]),
    cause(
        Trouble::ChainCut,
        "the way to both endpoints is cut",
        &["EndpointsDown", "IndexerStopped", "VerificationOld", "AuditOld"],
    ),
    cause(Trouble::OperatorOfAnother, "a node is named an Operator that is somebody else's", &["OperatorOfAnother"]),
    cause(Trouble::WalletLetsIn, "a node's wallet lets somebody else answer at its Operator", &["OperatorSecondSender"]),
    cause(
        Trouble::ReporterBlind,
        "the reporter's source is away while eight days of the chain pass",
        &["ReporterFails", "GuardReportStale", "GuardBlocks", "ReportDue"],
    ),
    cause(
        Trouble::EarningsHeldUp,
        "who passes earnings on has no ether, a request of no job waits, and ten days of the chain pass",
        &["EarningsOverdue", "NodeSilent"],
    ),
];
