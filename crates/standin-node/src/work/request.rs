//! A request, as the Operator tells of it.

use alloy::{
    primitives::{Address, B256, Bytes, FixedBytes, U256},
    rpc::types::Log,
    sol_types::{SolCall, SolEvent},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

mod operator {
    alloy::sol! {
        event OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment, address callbackAddr,
            bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data);
        function fulfillOracleRequest2(bytes32 requestId, uint256 payment, address callbackAddress, bytes4 callbackFunctionId,
            uint256 expiration, bytes calldata data) external returns (bool);
    }
}

/// The signature of the event.
pub(super) const TOPIC: B256 = operator::OracleRequest::SIGNATURE_HASH;

/// One request in one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OracleRequest {
    pub block_hash: B256,
    pub block_number: u64,
    pub log_index: u64,
    pub transaction_hash: B256,
    pub operator: Address,
    pub spec_id: B256,
    pub requester: Address,
    pub request_id: B256,
    pub payment: U256,
    pub callback: Address,
    pub callback_function: FixedBytes<4>,
    pub expiration: U256,
    pub data_version: U256,
    pub data: Bytes,
}

impl OracleRequest {
    /// `None` for another log, and for one whose block is not known yet.
    pub fn of(log: &Log) -> Option<Self> {
        let event = operator::OracleRequest::decode_log(&log.inner).ok()?;
        Some(Self {
            block_hash: log.block_hash?,
            block_number: log.block_number?,
            log_index: log.log_index?,
            transaction_hash: log.transaction_hash?,
            operator: event.address,
            spec_id: event.specId,
            requester: event.requester,
            request_id: event.requestId,
            payment: event.payment,
            callback: event.callbackAddr,
            callback_function: event.callbackFunctionId,
            expiration: event.cancelExpiration,
            data_version: event.dataVersion,
            data: event.data.data.clone(),
        })
    }

    /// The call that answers it: the answer's own bytes begin with the request's id.
    pub fn answered_with(&self, number: U256) -> Vec<u8> {
        let answer = [self.request_id.as_slice(), &number.to_be_bytes::<32>()].concat();
        operator::fulfillOracleRequest2Call {
            requestId: self.request_id,
            payment: self.payment,
            callbackAddress: self.callback,
            callbackFunctionId: self.callback_function,
            expiration: self.expiration,
            data: answer.into(),
        }
        .abi_encode()
    }

    /// What a bridge and the run's inputs are told of it, by a node's names.
    pub fn meta(&self) -> Value {
        json!({ "oracleRequest": {
            "specId": self.spec_id,
            "requester": self.requester.to_checksum(None),
            "requestId": self.request_id,
            "payment": self.payment.to_string(),
            "callbackAddr": self.callback.to_checksum(None),
            "callbackFunctionId": self.callback_function,
            "cancelExpiration": self.expiration.to_string(),
            "dataVersion": self.data_version.to_string(),
            "data": self.data,
        } })
    }

    /// What a run is started with.
    pub fn inputs(&self) -> Value {
        json!({ "jobRun": {
            "meta": self.meta(),
            "logBlockHash": self.block_hash,
            "logBlockNumber": self.block_number,
            "logTxHash": self.transaction_hash,
            "logAddress": self.operator,
        } })
    }
}

/// The two forms in which a request may name a job: the id's 16 bytes, filled up at the right, and its digits as 32 letters.
pub(super) fn job_topics(id: Uuid) -> [B256; 2] {
    let mut bytes = B256::ZERO;
    bytes[..16].copy_from_slice(id.as_bytes());
    let mut letters = B256::ZERO;
    letters.copy_from_slice(id.simple().to_string().as_bytes());
    [bytes, letters]
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, b256, fixed_bytes, hex};

    use super::*;

    /// Asked of a node 2.31.0 on a development chain, and sent by its wallet.
    const SENT: &str = "0x6ae0bc76490e8e14c62c900451fcb592a420341af42d1a6a483354efc7fb1a144b212771\
        000000000000000000000000000000000000000000000000016345785d8a0000\
        000000000000000000000000e7f1725e7734ce288f8367e1bb143e90bb3f0512\
        2854a7bc00000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000000000000000000000000000006b0c9886\
        00000000000000000000000000000000000000000000000000000000000000c0\
        0000000000000000000000000000000000000000000000000000000000000040\
        490e8e14c62c900451fcb592a420341af42d1a6a483354efc7fb1a144b212771\
        000000000000000000000000000000000000000000000000000000000000002a";

    #[test]
    fn an_answer_has_the_bytes_that_a_node_sends() {
        let consumer = address!("e7f1725e7734ce288f8367e1bb143e90bb3f0512");
        let request = OracleRequest {
            block_hash: B256::ZERO,
            block_number: 91,
            log_index: 0,
            transaction_hash: B256::ZERO,
            operator: Address::ZERO,
            spec_id: B256::ZERO,
            requester: consumer,
            request_id: b256!("490e8e14c62c900451fcb592a420341af42d1a6a483354efc7fb1a144b212771"),
            payment: U256::from(10u128.pow(17)),
            callback: consumer,
            callback_function: fixed_bytes!("2854a7bc"),
            expiration: U256::from(1_795_987_590u64),
            data_version: U256::from(2),
            data: Bytes::new(),
        };
        assert_eq!(hex::encode_prefixed(request.answered_with(U256::from(42))), SENT);
    }

    #[test]
    fn a_job_is_named_by_its_bytes_or_its_digits() {
        let id: Uuid = "8f1a3b9e-3a2b-4c5d-9e8f-0123456789ab".parse().unwrap();
        let [bytes, letters] = job_topics(id);
        assert_eq!(bytes.to_string(), "0x8f1a3b9e3a2b4c5d9e8f0123456789ab00000000000000000000000000000000");
        assert_eq!(letters.as_slice(), b"8f1a3b9e3a2b4c5d9e8f0123456789ab");
    }
}
