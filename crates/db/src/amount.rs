//! 128-bit integers as Postgres `numeric`, in its binary form: base-10000 digits, most significant first.

use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef},
};

const NEGATIVE: u16 = 0x4000;
const FOUR_DIGITS: u128 = 10_000_000_000_000_000;

/// An integer column. Every amount of LINK fits (10^27 < 2^128), and so does a signed reward debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numeric {
    negative: bool,
    magnitude: u128,
}

impl Numeric {
    /// Appends the binary form: digit count, weight, sign, scale, digits; at most 28 bytes.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let mut digits = [0u16; 10];
        let (mut count, mut rest) = (0usize, self.magnitude);
        // Four digits at a time: dividing 128 bits costs many times what dividing 64 does.
        while rest > 0 {
            let (mut part, end) = if rest < FOUR_DIGITS { (rest as u64, 0) } else { ((rest % FOUR_DIGITS) as u64, count + 4) };
            rest /= FOUR_DIGITS;
            while part > 0 || count < end {
                digits[count] = (part % 10_000) as u16;
                part /= 10_000;
                count += 1;
            }
        }
        // Trailing zero digits are left out: the weight says how many follow.
        let zeros = digits[..count].iter().take_while(|digit| **digit == 0).count();
        let sign = if self.negative && count > 0 { NEGATIVE } else { 0 };
        out.extend(((count - zeros) as i16).to_be_bytes());
        out.extend((count.saturating_sub(1) as i16).to_be_bytes());
        out.extend(sign.to_be_bytes());
        out.extend(0i16.to_be_bytes());
        for digit in digits[zeros..count].iter().rev() {
            out.extend(digit.to_be_bytes());
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let word = |index: usize| Some(u16::from_be_bytes(bytes.get(2 * index..2 * index + 2)?.try_into().ok()?));
        let (count, weight, sign, scale) = (usize::from(word(0)?), i32::from(word(1)? as i16), word(2)?, word(3)?);
        if scale != 0 || (sign != 0 && sign != NEGATIVE) || bytes.len() != 8 + 2 * count {
            return None;
        }
        let mut magnitude = 0u128;
        for index in 0..count {
            magnitude = magnitude.checked_mul(10_000)?.checked_add(u128::from(word(4 + index)?))?;
        }
        // Digits after the point can't occur with scale 0, so the weight is at least count - 1.
        let zeros = if count == 0 { 0 } else { u32::try_from(weight + 1 - i32::try_from(count).ok()?).ok()? };
        magnitude = magnitude.checked_mul(10_000u128.checked_pow(zeros)?)?;
        Some(Self { negative: sign == NEGATIVE, magnitude })
    }
}

impl From<u128> for Numeric {
    fn from(magnitude: u128) -> Self {
        Self { negative: false, magnitude }
    }
}

impl From<i128> for Numeric {
    fn from(value: i128) -> Self {
        Self { negative: value < 0, magnitude: value.unsigned_abs() }
    }
}

impl TryFrom<Numeric> for u128 {
    type Error = crate::Error;
    fn try_from(value: Numeric) -> crate::Result<Self> {
        if value.negative {
            Err(crate::Error::Corrupt(format!("-{} where no amount is negative", value.magnitude)))
        } else {
            Ok(value.magnitude)
        }
    }
}

impl TryFrom<Numeric> for i128 {
    type Error = crate::Error;
    fn try_from(value: Numeric) -> crate::Result<Self> {
        let magnitude =
            Self::try_from(value.magnitude).map_err(|_| crate::Error::Corrupt(format!("{} beyond 127 bits", value.magnitude)))?;
        Ok(if value.negative { -magnitude } else { magnitude })
    }
}

impl Type<Postgres> for Numeric {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("numeric")
    }
    fn compatible(ty: &PgTypeInfo) -> bool {
        // The columns are of the domain `amount`, which the driver reports by its own name.
        *ty == Self::type_info() || ty.to_string() == "amount"
    }
}

impl PgHasArrayType for Numeric {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("numeric[]")
    }
}

impl Encode<'_, Postgres> for Numeric {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let mut bytes = Vec::with_capacity(28);
        self.write(&mut bytes);
        buffer.extend_from_slice(&bytes);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Numeric {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let bytes = value.as_bytes()?;
        let number = match value.format() {
            PgValueFormat::Binary => Self::read(bytes),
            PgValueFormat::Text => std::str::from_utf8(bytes)?.parse::<i128>().ok().map(Self::from),
        };
        number.ok_or_else(|| "a numeric beyond 128 bits or with a fraction".into())
    }
}

#[cfg(test)]
mod tests {
    use super::Numeric;
    use proptest::prelude::*;

    fn bytes(value: Numeric) -> Vec<u8> {
        let mut out = Vec::new();
        value.write(&mut out);
        out
    }

    #[test]
    fn the_binary_form_is_the_one_postgres_documents() {
        assert_eq!(bytes(0u128.into()), [0, 0, 0, 0, 0, 0, 0, 0]);
        // 12345 = [1, 2345], weight 1; 10000 = [1], weight 1.
        assert_eq!(bytes(12_345u128.into()), [0, 2, 0, 1, 0, 0, 0, 0, 0, 1, 0x09, 0x29]);
        assert_eq!(bytes(10_000u128.into()), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(bytes((-1i128).into()), [0, 1, 0, 0, 0x40, 0, 0, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn every_integer_survives_the_round_trip(value: i128, unsigned: u128) {
            prop_assert_eq!(Numeric::read(&bytes(value.into())), Some(value.into()));
            prop_assert_eq!(Numeric::read(&bytes(unsigned.into())), Some(unsigned.into()));
        }

        #[test]
        fn bytes_from_elsewhere_never_panic(raw: Vec<u8>) {
            let _ = Numeric::read(&raw);
        }
    }
}
