//! The contract's numbers as columns hold them.

use alloy::primitives::{
    Address,
    aliases::{U40, U96},
};

/// A value of the contract as the column of its field; it always fits.
pub trait Column<T> {
    fn column(self) -> T;
}

macro_rules! columns {
    ($($type:ty => $column:ty: $value:ident, $stored:expr;)+) => {
        $(impl Column<$column> for $type {
            fn column(self) -> $column {
                let $value = self;
                $stored
            }
        })+
    };
}

columns! {
    U96 => u128: value, value.to();
    U40 => i64: value, value.to();
    u128 => u128: value, value;
    i128 => i128: value, value;
    u32 => i64: value, value.into();
    u16 => i32: value, value.into();
    u8 => i16: value, value.into();
    bool => bool: value, value;
    Address => Address: value, value;
}

/// Sets fields from what the contract calls the same, or from what stands behind `=`.
macro_rules! take {
    ($from:expr => $into:expr; $($field:ident $(= $name:ident)?),+ $(,)?) => {
        $($into.$field = Some($crate::columns::Column::column($crate::columns::take!(@ $from, $field $(, $name)?)));)+
    };
    (@ $from:expr, $field:ident) => { pastey::paste! { $from.[<$field:lower_camel>] } };
    (@ $from:expr, $field:ident, $name:ident) => { $from.$name };
}
pub(crate) use take;
