//! The requests, in the order in which they are made: later ones stand on what earlier ones left.

use serde_json::json;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Admin,
    Viewer,
    Nobody,
}

/// One request, and what of its answer is compared.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: &'static str,
    pub method: &'static str,
    pub path: String,
    pub who: Who,
    pub body: Option<String>,
    /// Remembers what the answer has there, for `<name>` in later ones.
    pub keep: Option<(&'static str, &'static str)>,
    /// Refusals are compared up to and with this mark: what follows are a library's words.
    pub detail_until: Option<&'static str>,
    /// The id is made up by the node.
    pub made_up_id: bool,
    /// Lists may be longer, and their entries others; only the fields are compared.
    pub any_number: bool,
}

fn case(name: &'static str, method: &'static str, path: &str, who: Who) -> Case {
    Case {
        name,
        method,
        path: path.to_owned(),
        who,
        body: None,
        keep: None,
        detail_until: None,
        made_up_id: false,
        any_number: false,
    }
}

impl Case {
    fn json(self, body: serde_json::Value) -> Self {
        self.raw(&body.to_string())
    }

    fn raw(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    fn toml(self, toml: &str) -> Self {
        self.json(json!({ "toml": toml }))
    }

    fn until(self, mark: &'static str) -> Self {
        Self { detail_until: Some(mark), ..self }
    }

    fn keep(self, name: &'static str, pointer: &'static str) -> Self {
        Self { keep: Some((name, pointer)), ..self }
    }

    fn made_up_id(self) -> Self {
        Self { made_up_id: true, ..self }
    }

    fn any_number(self) -> Self {
        Self { any_number: true, ..self }
    }
}

/// What README.md lists: cases by name, with the beginning of the difference.
const ALLOWED: [(&str, &str); 0] = [];

pub fn allowed(case: &Case, difference: &str) -> bool {
    ALLOWED.iter().any(|(name, beginning)| *name == case.name && difference.starts_with(beginning))
}

pub fn cases() -> Vec<Case> {
    [health(), sessions(), users(), keys(), about(), bridges(), jobs(), transfers(), strangers()].concat()
}

fn health() -> Vec<Case> {
    use Who::Nobody;
    vec![
        case("ready", "GET", "/readyz", Nobody),
        case("ready with checks", "GET", "/readyz?full", Nobody).any_number(),
        case("health", "GET", "/health", Nobody).any_number(),
        case("what fails", "GET", "/health?failing", Nobody),
    ]
}

fn sessions() -> Vec<Case> {
    use Who::Nobody;
    let wrong = json!({ "email": "admin@node.local", "password": "wrong" });
    vec![
        case("wrong password", "POST", "/sessions", Nobody).json(wrong),
        case("login without a body", "POST", "/sessions", Nobody),
        case("end nothing", "DELETE", "/sessions", Nobody),
    ]
}

fn users() -> Vec<Case> {
    use Who::{Admin, Nobody, Viewer};
    let user = |email: &str, password: &str, role: &str| json!({ "email": email, "password": password, "role": role });
    let good = "correct horse battery";
    let role = |email: &str, role: &str| json!({ "email": email, "newRole": role });
    vec![
        case("list users", "GET", "/v2/users", Admin),
        case("list users as viewer", "GET", "/v2/users", Viewer),
        case("list users as nobody", "GET", "/v2/users", Nobody),
        case("make a user", "POST", "/v2/users", Admin).json(user("Editor@node.local", good, "edit")),
        case("make it again", "POST", "/v2/users", Admin).json(user("editor@node.local", good, "edit")),
        case("a short password", "POST", "/v2/users", Admin).json(user("a@b.c", "short", "edit")),
        case("a long password", "POST", "/v2/users", Admin).json(user("a@b.c", &"x".repeat(60), "edit")),
        case("a space before it", "POST", "/v2/users", Admin).json(user("a@b.c", " correct horse battery", "edit")),
        case("the e-mail in it", "POST", "/v2/users", Admin).json(user("a@b.c", "a@b.c correct horse", "edit")),
        case("no role", "POST", "/v2/users", Admin).json(user("a@b.c", good, "king")),
        case("no e-mail", "POST", "/v2/users", Admin).json(user("", good, "edit")),
        case("no address", "POST", "/v2/users", Admin).json(user("x", good, "edit")),
        case("a user as viewer", "POST", "/v2/users", Viewer).json(user("a@b.c", good, "edit")),
        case("another role", "PATCH", "/v2/users", Admin).json(role("editor@node.local", "run")),
        case("one's own role", "PATCH", "/v2/users", Admin).json(role("admin@node.local", "run")),
        case("a stranger's role", "PATCH", "/v2/users", Admin).json(role("nobody@node.local", "run")),
        case("a role that is none", "PATCH", "/v2/users", Admin).json(role("editor@node.local", "king")),
        case("delete a user", "DELETE", "/v2/users/editor@node.local", Admin),
        case("delete a stranger", "DELETE", "/v2/users/nobody@node.local", Admin),
        case("delete oneself", "DELETE", "/v2/users/admin@node.local", Admin),
        case("a token", "POST", "/v2/user/token", Viewer).json(json!({ "password": good })).made_up_id(),
        case("a token by a wrong password", "POST", "/v2/user/token", Viewer).json(json!({ "password": "wrong" })),
        case("a token without a body", "POST", "/v2/user/token", Viewer),
    ]
}

fn keys() -> Vec<Case> {
    use Who::{Admin, Nobody, Viewer};
    vec![
        case("list keys", "GET", "/v2/keys/evm", Viewer).made_up_id().keep("wallet", "/data/0/attributes/address"),
        case("list keys, old path", "GET", "/v2/keys/eth", Viewer).made_up_id(),
        case("list keys as nobody", "GET", "/v2/keys/evm", Nobody),
        case("a key without a chain", "POST", "/v2/keys/evm", Admin),
        case("a key on another chain", "POST", "/v2/keys/evm?evmChainID=1", Admin),
        case("a key on no chain", "POST", "/v2/keys/evm?evmChainID=x", Admin),
        case("a key with a price", "POST", "/v2/keys/evm?evmChainID=31337&maxGasPriceGWei=1", Admin),
        case("a key as viewer", "POST", "/v2/keys/evm?evmChainID=31337", Viewer),
        case("a key", "POST", "/v2/keys/evm?evmChainID=31337", Admin).made_up_id().keep("second", "/data/attributes/address"),
        case("disable it", "POST", "/v2/keys/evm/chain?address=<second>&evmChainID=31337&enabled=false", Admin).made_up_id(),
        case("disabled last", "GET", "/v2/keys/evm", Admin).made_up_id(),
        case("enabled by no word", "POST", "/v2/keys/evm/chain?address=<second>&evmChainID=31337&enabled=x", Admin),
        case("enable no address", "POST", "/v2/keys/evm/chain?address=x&evmChainID=31337&enabled=true", Admin),
        case("enable as viewer", "POST", "/v2/keys/evm/chain?address=<second>&evmChainID=31337&enabled=true", Viewer),
    ]
}

fn about() -> Vec<Case> {
    use Who::{Nobody, Viewer};
    vec![
        case("build", "GET", "/v2/build_info", Viewer),
        case("build as nobody", "GET", "/v2/build_info", Nobody),
        case("endpoints", "GET", "/v2/nodes/evm", Viewer),
        case("endpoints, second page", "GET", "/v2/nodes/evm?page=2&size=1", Viewer),
    ]
}

fn bridges() -> Vec<Case> {
    use Who::{Admin, Viewer};
    let path = "/v2/bridge_types";
    let bridge = |name: &str, url: &str| json!({ "name": name, "url": url });
    let paid = |juels: &str| json!({ "name": "paid", "url": "http://x.test", "minimumContractPayment": juels });
    vec![
        case("no bridges", "GET", path, Viewer),
        case("a bridge", "POST", path, Admin).json(paid("1500000000000000000")),
        case("another", "POST", path, Admin).json(bridge("Market", "http://x.test")),
        case("it again", "POST", path, Admin).json(bridge("market", "http://x.test")),
        case("a bridge as viewer", "POST", path, Viewer).json(bridge("other", "http://x.test")),
        case("a bridge without anything", "POST", path, Admin).json(bridge("", "")),
        case("a bridge of two words", "POST", path, Admin).json(bridge("a b", "http://x.test")),
        case("a bridge without an address", "POST", path, Admin).json(bridge("x", " ")).until("parse"),
        case("a bridge for nothing", "POST", path, Admin).json(paid("x")),
        case("a bridge for less", "POST", path, Admin).json(paid("-1")),
        case("a bridge without a body", "POST", path, Admin),
        case("a page of bridges", "GET", "/v2/bridge_types?size=1", Viewer),
        case("the next page", "GET", "/v2/bridge_types?size=1&page=2", Viewer),
        case("a page that is none", "GET", "/v2/bridge_types?size=x", Viewer),
        case("a page of nothing", "GET", "/v2/bridge_types?size=0", Viewer),
        case("one bridge", "GET", "/v2/bridge_types/market", Viewer),
        case("no such bridge", "GET", "/v2/bridge_types/nope", Viewer),
        case("no such name", "GET", "/v2/bridge_types/a%20b", Viewer),
        case("change a bridge", "PATCH", "/v2/bridge_types/market", Admin)
            .json(json!({ "name": "market", "url": "http://y.test", "confirmations": 3 })),
        case("change no bridge", "PATCH", "/v2/bridge_types/nope", Admin).json(bridge("nope", "http://y.test")),
        case("change to nothing", "PATCH", "/v2/bridge_types/market", Admin).json(json!({ "url": "http://y.test" })),
        case("delete a bridge", "DELETE", "/v2/bridge_types/paid", Admin),
        case("delete it again", "DELETE", "/v2/bridge_types/paid", Admin),
        case("delete as viewer", "DELETE", "/v2/bridge_types/market", Viewer),
    ]
}

const JOB: &str = "type = \"directrequest\"\nschemaVersion = 1\nname = \"one\"\nexternalJobID = \"6f6e6507-0707-0707-0707-070707070707\"
evmChainID = \"31337\"\ncontractAddress = \"0x5FbDB2315678afecb367f032d93F642f64180aa3\"\nminIncomingConfirmations = 1
observationSource = \"\"\"\nask [type=bridge name=\"market\"]\nanswer [type=multiply times=1 input=\"$(ask)\"]\nask -> answer\n\"\"\"\n";

const HOOK: &str =
    "type = \"webhook\"\nschemaVersion = 1\nname = \"hook\"\nobservationSource = \"\"\"\na [type=memo value=1]\n\"\"\"\n";

fn jobs() -> Vec<Case> {
    use Who::{Admin, Viewer};
    let path = "/v2/jobs";
    let cron = |schedule: &str| {
        HOOK.replace("webhook", "cron").replace("name = \"hook\"", &format!("name = \"cron\"\nschedule = \"{schedule}\""))
    };
    let other = JOB.replace("6f6e6507", "6f6e6508").replace("\"one\"", "\"two\"");
    vec![
        case("no jobs", "GET", path, Viewer),
        case("a job", "POST", path, Admin).toml(JOB).keep("job", "/data/id"),
        case("the same external id", "POST", path, Admin).toml(&JOB.replace("\"one\"", "\"two\"")),
        case("the same name", "POST", path, Admin).toml(&JOB.replace("6f6e6507", "6f6e6508")),
        case("a job as viewer", "POST", path, Viewer).toml(&other),
        case("a missing bridge", "POST", path, Admin).toml(&other.replace("market", "nope")),
        case("no schema version", "POST", path, Admin).toml(&other.replace("schemaVersion = 1", "")),
        case("no such type", "POST", path, Admin).toml(&other.replace("directrequest", "guess")),
        case("no pipeline", "POST", path, Admin).toml(&other.replace("observationSource", "other")),
        case("no chain", "POST", path, Admin).toml(&other.replace("evmChainID", "other")),
        case("no such task", "POST", path, Admin)
            .toml(&other.replace("type=multiply", "type=guess"))
            .until("failed to parse TOML: "),
        case("no TOML", "POST", path, Admin).toml("x = ").until("failed to parse TOML: "),
        case("no uuid", "POST", path, Admin).toml(&other.replace("6f6e6508-", "")).until("failed to parse TOML: "),
        case("a wrong checksum", "POST", path, Admin).toml(&other.replace("0x5FbDB", "0x5fbdb")).until("\" is not a valid EIP55"),
        case("a circle", "POST", path, Admin)
            .toml(&HOOK.replace("value=1]", "value=1]\\nb [type=memo]\\na -> b -> a"))
            .until("failed to parse TOML: "),
        case("a schedule without a zone", "POST", path, Admin).toml(&cron("* * * * *")),
        case("a schedule of a word", "POST", path, Admin)
            .toml(&cron("CRON_TZ=UTC x"))
            .until("invalid cron schedule 'CRON_TZ=UTC x': "),
        case("a schedule of five fields", "POST", path, Admin).toml(&cron("CRON_TZ=UTC 0 0 1 1 *")),
        case("it was stored", "POST", path, Admin).toml(&cron("CRON_TZ=UTC 0 0 0 1 1 *")),
        case("a cron job", "POST", path, Admin)
            .toml(&cron("CRON_TZ=UTC 0 0 0 1 1 *").replace("\"cron\"\nschedule", "\"other\"\nschedule"))
            .made_up_id()
            .keep("cron", "/data/id"),
        case("a webhook", "POST", path, Admin).toml(HOOK).made_up_id(),
        case("a job without a body", "POST", path, Admin),
        case("list jobs", "GET", path, Viewer).made_up_id().any_number(),
        case("one job", "GET", "/v2/jobs/<job>", Viewer),
        case("by its external id", "GET", "/v2/jobs/6f6e6507-0707-0707-0707-070707070707", Viewer),
        case("no such job", "GET", "/v2/jobs/99", Viewer),
        case("no such external id", "GET", "/v2/jobs/6f6e6509-0707-0707-0707-070707070707", Viewer),
        case("no number", "GET", "/v2/jobs/x", Viewer),
        case("its runs", "GET", "/v2/jobs/<job>/runs", Viewer),
        case("the runs of none", "GET", "/v2/jobs/99/runs", Viewer),
        case("delete its bridge", "DELETE", "/v2/bridge_types/market", Admin),
        case("replace it", "PUT", "/v2/jobs/<job>", Admin).toml(&other).made_up_id(),
        case("replace none", "PUT", "/v2/jobs/99", Admin).toml(JOB),
        case("replace by nothing", "PUT", "/v2/jobs/<job>", Admin).toml("x = ").until("failed to parse TOML: "),
        case("replace as viewer", "PUT", "/v2/jobs/<job>", Viewer).toml(JOB),
        case("replace by a missing bridge", "PUT", "/v2/jobs/<job>", Admin).toml(&other.replace("market", "nope")),
        case("it is gone", "GET", "/v2/jobs/<job>", Viewer),
        case("delete the cron job", "DELETE", "/v2/jobs/<cron>", Admin),
        case("delete none", "DELETE", "/v2/jobs/99", Admin),
        case("delete number 0", "DELETE", "/v2/jobs/0", Admin),
        case("delete a word", "DELETE", "/v2/jobs/x", Admin),
        case("delete the free bridge", "DELETE", "/v2/bridge_types/market", Admin),
    ]
}

fn transfers() -> Vec<Case> {
    use Who::{Admin, Viewer};
    let path = "/v2/transfers/evm";
    let transfer = |from: &str, amount: &str, chain: &str| {
        json!({ "address": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "from": from, "amount": amount, "evmChainID": chain,
                "allowHigherAmounts": false, "skipWaitTxAttempt": true })
    };
    let zero = "0x0000000000000000000000000000000000000000";
    vec![
        case("a transfer as viewer", "POST", path, Viewer).json(transfer("<wallet>", "1", "31337")),
        case("a transfer of an empty wallet", "POST", path, Admin).json(transfer("<wallet>", "1", "31337")),
        case("a transfer on another chain", "POST", path, Admin).json(transfer("<wallet>", "1", "1")),
        case("a transfer on no chain", "POST", path, Admin).json(transfer("<wallet>", "1", "x")),
        case("a transfer from nowhere", "POST", path, Admin).json(transfer(zero, "1", "31337")),
        case("a transfer of a word", "POST", path, Admin).json(transfer("<wallet>", "abc", "31337")),
        case("a transfer of a stranger", "POST", path, Admin).json(transfer(&zero.replace("x0", "x9"), "1", "31337")),
        case("a transfer of nothing", "POST", path, Admin).json(json!({})),
        case("a transfer without a body", "POST", path, Admin),
    ]
}

fn strangers() -> Vec<Case> {
    use Who::{Admin, Nobody};
    vec![
        case("an unknown path", "GET", "/nosuch", Nobody),
        case("an unknown path, asked to", "POST", "/nosuch", Nobody),
        case("the stand-in's own", "POST", "/standin/sign-registration", Admin).json(json!({})),
        case("an unknown part", "GET", "/v2/nosuch", Admin),
        case("an unknown version", "GET", "/v1/sign", Nobody),
        case("an unknown file", "GET", "/x.css", Nobody),
        case("an unknown method", "POST", "/health", Nobody),
        case("only the head", "HEAD", "/health", Nobody),
        case("a body of 32,769 bytes", "POST", "/v2/jobs", Admin).raw(&"x".repeat(32_769)),
        case("what is no JSON", "POST", "/v2/jobs", Admin).raw("{").until(""),
    ]
}
