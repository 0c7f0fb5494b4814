//! Values in as few bytes as they need, for rows that wait in memory: those that are there stand behind each other, and a bit for each
//! says whether it is.

use linkpool_primitives::{Address, B256, NodeStatus};

/// A value of which each has the same number of bytes.
pub(crate) trait Pack: Copy {
    fn pack(self, out: &mut Vec<u8>);
    /// Takes its bytes from the front. What was packed is there.
    fn unpack(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Pack for $type {
            fn pack(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                from.split_off(..size_of::<Self>()).and_then(|bytes| bytes.try_into().ok()).map(Self::from_le_bytes)
            }
        }
    )+};
}

integers!(u8, i16, i32, i64, i128, u128);

impl Pack for bool {
    fn pack(self, out: &mut Vec<u8>) {
        u8::from(self).pack(out);
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        u8::unpack(from).map(|byte| byte != 0)
    }
}

impl Pack for Address {
    fn pack(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_slice());
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        from.split_off(..Self::len_bytes()).map(Self::from_slice)
    }
}

impl Pack for B256 {
    fn pack(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_slice());
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        from.split_off(..Self::len_bytes()).map(Self::from_slice)
    }
}

impl Pack for NodeStatus {
    fn pack(self, out: &mut Vec<u8>) {
        self.code().pack(out);
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        u8::unpack(from).and_then(|code| Self::try_from(code).ok())
    }
}

/// Takes the values of one row in their order, at most 64.
pub(crate) struct Packer<'a> {
    out: &'a mut Vec<u8>,
    bits: u64,
    next: u32,
}

impl<'a> Packer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, bits: 0, next: 0 }
    }

    pub fn put<T: Pack>(&mut self, value: Option<T>) {
        if let Some(value) = value {
            self.bits |= 1 << self.next;
            value.pack(self.out);
        }
        self.next += 1;
    }

    /// Which of them are there.
    pub fn bits(self) -> u64 {
        self.bits
    }
}

/// Gives them back in the same order.
pub(crate) struct Unpacker<'a> {
    pub bits: u64,
    pub bytes: &'a [u8],
}

impl Unpacker<'_> {
    pub fn take<T: Pack>(&mut self) -> Option<T> {
        let is_there = self.bits & 1 == 1;
        self.bits >>= 1;
        if is_there { T::unpack(&mut self.bytes) } else { None }
    }
}
