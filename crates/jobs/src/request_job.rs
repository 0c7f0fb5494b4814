//! What a direct-request job of a node answers: which requests name it, and pay enough.

use linkpool_primitives::{Address, B256, JUELS_PER_LINK, parse_address};

use crate::FilledJob;

/// What a request has to pay where the job does not say: 0.1 LINK, the highest minimum that a Chainlink node has for a chain by itself.
pub const LEAST_PAYMENT: u128 = JUELS_PER_LINK / 10;

/// A job that requests can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestJob {
    /// Where its requests arrive.
    pub operator: Address,
    /// How a request names it: its id as text, and as bytes.
    pub spec_ids: [B256; 2],
    /// Juels.
    pub least_payment: u128,
    /// Who may ask; anybody, where it is empty.
    pub requesters: Vec<Address>,
}

impl RequestJob {
    /// `None` for a job of another type, and for one that says no contract or no number where one belongs: the node refuses it.
    pub fn of(job: &FilledJob) -> Option<Self> {
        let spec: toml::Table = job.toml.parse().ok()?;
        if job.kind != "directrequest" {
            return None;
        }
        let address = |value: &toml::Value| parse_address(value.as_str()?).ok();
        let requesters = match spec.get("requesters") {
            Some(list) => list.as_array()?.iter().map(address).collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        let least_payment = match spec.get("minContractPaymentLinkJuels") {
            Some(toml::Value::String(text)) => text.parse().ok()?,
            Some(value) => u128::try_from(value.as_integer()?).ok()?,
            None => LEAST_PAYMENT,
        };
        let operator = address(spec.get("contractAddress")?)?;
        Some(Self { operator, spec_ids: spec_ids(job.external_job_id), least_payment, requesters })
    }
}

/// As the node makes them of the job's id.
fn spec_ids(id: uuid::Uuid) -> [B256; 2] {
    let (mut text, mut bytes) = (B256::ZERO, B256::ZERO);
    id.simple().encode_lower(&mut text.0);
    bytes[..16].copy_from_slice(id.as_bytes());
    [text, bytes]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, JobSet, Variables};

    fn job(rest: &str) -> Option<RequestJob> {
        let toml = format!("type = \"directrequest\"\nschemaVersion = 1\n{rest}");
        let set = JobSet { jobs: [("ask".to_owned(), Job { toml, nodes: None })].into(), ..JobSet::default() };
        RequestJob::of(&set.for_node(&Variables { node: "0123456789ab".into(), ..Variables::example() }).jobs["ask"])
    }

    #[test]
    fn a_job_says_where_and_from_whom_it_takes_requests_and_for_how_much() {
        let plain = job("contractAddress = \"{{operator}}\"").unwrap();
        assert_eq!((plain.operator, plain.least_payment, plain.requesters), (Address::ZERO, LEAST_PAYMENT, vec![]));
        let asker = "0x1111111111111111111111111111111111111111";
        let rest = format!("contractAddress = \"{asker}\"\nminContractPaymentLinkJuels = \"7\"\nrequesters = [\"{asker}\"]");
        let strict = job(&rest).unwrap();
        let one = Address::repeat_byte(0x11);
        assert_eq!((strict.operator, strict.least_payment, strict.requesters), (one, 7, vec![one]));
        assert_eq!(job("contractAddress = \"{{operator}}\"\nminContractPaymentLinkJuels = 8").unwrap().least_payment, 8);
    }

    #[test]
    fn what_a_node_refuses_answers_nothing() {
        for rest in [
            "",
            "contractAddress = \"here\"",
            "contractAddress = \"{{operator}}\"\nminContractPaymentLinkJuels = -1",
            "contractAddress = \"{{operator}}\"\nrequesters = [\"me\"]",
        ] {
            assert_eq!(job(rest), None, "{rest}");
        }
        let cron = "type = \"cron\"\nschemaVersion = 1\ncontractAddress = \"{{operator}}\"".to_owned();
        let set = JobSet { jobs: [("ask".to_owned(), Job { toml: cron, nodes: None })].into(), ..JobSet::default() };
        assert_eq!(RequestJob::of(&set.for_node(&Variables::example()).jobs["ask"]), None);
    }

    #[test]
    fn a_request_names_a_job_by_its_id_as_text_or_as_bytes() {
        let [text, bytes] = spec_ids(uuid::Uuid::from_u128(0xab));
        assert_eq!(text.as_slice(), b"000000000000000000000000000000ab");
        assert_eq!((bytes[15], bytes[16..].iter().sum::<u8>()), (0xab, 0));
    }
}
