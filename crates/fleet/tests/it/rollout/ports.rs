//! Ports of this machine, which tests that run beside each other share.

use std::{
    fs::{self, File, OpenOptions},
    ops::RangeInclusive,
    path::Path,
};

use rustix::fs::{FlockOperation, flock};

/// Ports of this test alone, for as long as it lives.
pub struct Ports {
    pub first: u16,
    pub blocks: u16,
    _locks: Vec<File>,
}

/// Four nodes that are rolled at once, at most.
const PORTS_OF_A_BLOCK: u16 = 16;

impl Ports {
    /// So many blocks, one behind the other.
    pub fn take(blocks: u16) -> Self {
        let folder = std::env::temp_dir().join("linkpool-test-ports");
        fs::create_dir_all(&folder).unwrap();
        for first in (23_000..31_000).step_by(usize::from(PORTS_OF_A_BLOCK * blocks)) {
            let locks: Vec<File> = (0..blocks).map_while(|block| lock(&folder, first + block * PORTS_OF_A_BLOCK)).collect();
            if locks.len() == usize::from(blocks) {
                return Self { first, blocks, _locks: locks };
            }
        }
        panic!("no ports are left");
    }

    pub fn range(&self) -> RangeInclusive<u16> {
        range(self.first, self.blocks)
    }
}

/// The lock of a block that nobody has, and whose ports are free.
fn lock(folder: &Path, first: u16) -> Option<File> {
    let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(first.to_string())).unwrap();
    let is_ours = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
    (is_ours && range(first, 1).all(is_free)).then_some(lock)
}

pub fn range(first: u16, blocks: u16) -> RangeInclusive<u16> {
    first..=first + blocks * PORTS_OF_A_BLOCK - 1
}
