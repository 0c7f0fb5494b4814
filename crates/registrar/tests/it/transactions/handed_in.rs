//! What tests hand in on the registrar's account, beside the registrar.

use std::{sync::Arc, time::Instant};

use alloy::{
    primitives::U256,
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use linkpool_contracts::{pool::registerNodeCall, proof};
use linkpool_db::tx::TransactionView;
use linkpool_primitives::Address;
use linkpool_tx_manager::{NewTransactionRequest, Sender, TransactionKind};

use super::process::database;
use crate::fixture::{Fixture, WAIT_TIMEOUT, signer};

/// Hands in, and drives nothing.
pub async fn sender(fixture: &Fixture) -> Sender {
    Sender::new(Default::default(), database(&fixture.url).await, fixture.chain.clone(), Arc::new(signer()))
}

/// The registration of a brand-new wallet that agrees.
pub async fn registration(fixture: &Fixture) -> (Address, NewTransactionRequest) {
    let wallet = PrivateKeySigner::random();
    let deadline = fixture.chain.heads().await.unwrap().head.timestamp + 3_600;
    let digest = proof::digest(fixture.chain.chain_id(), fixture.contracts.pool, wallet.address(), deadline);
    let proof = wallet.sign_hash_sync(&digest).unwrap().as_bytes().to_vec().into();
    let call = registerNodeCall { wallet: wallet.address(), deadline: U256::from(deadline), proof };
    (wallet.address(), NewTransactionRequest::call(TransactionKind::Register, fixture.contracts.pool, call.abi_encode()))
}

/// A wallet that nobody has.
pub fn nobody() -> Address {
    PrivateKeySigner::random().address()
}

/// Waits until the transaction looks so.
pub async fn until(fixture: &Fixture, id: i64, what: &str, holds: impl Fn(&TransactionView) -> bool) -> TransactionView {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let view = fixture.database.transaction(id).await.unwrap().unwrap();
        if holds(&view) {
            return view;
        }
        assert!(Instant::now() < deadline, "{what} did not come: {view:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
