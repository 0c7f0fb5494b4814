//! An executable without the feature `dev` holds nothing of the demo wallet.

use crate::program::{assert_refused, linkpool};

#[test]
fn the_executable_does_not_contain_the_demo_wallet() {
    let bytes = std::fs::read(env!("CARGO_BIN_EXE_linkpool")).unwrap();
    let marker = b"linkpool-demo-wallet";
    assert!(!bytes.windows(marker.len()).any(|window| window == marker));
}

#[test]
fn dev_is_no_command_of_it() {
    let output = linkpool().arg("dev").output().unwrap();
    assert_refused(&output, 2, &["unrecognized subcommand 'dev'"]);
}
