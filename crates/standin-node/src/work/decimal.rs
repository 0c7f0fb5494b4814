//! Numbers of a pipeline: decimal, exact, not negative.

use alloy::primitives::U256;
use serde_json::Value;

/// `digits` over 10 to the power of `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: U256,
    scale: u32,
}

impl Decimal {
    /// Digits with at most one point among them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refusal = || format!("can't convert {text:?} to a number that is not negative");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || digits.len() > 77 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refusal());
        }
        let scale = u32::try_from(fraction.len()).map_err(|_| refusal())?;
        Ok(Self { digits: digits.parse().map_err(|_| refusal())?, scale })
    }

    /// A number, or a text of one.
    pub fn of(value: &Value) -> Result<Self, String> {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            other => Err(format!("can't convert {other} to a number")),
        }
    }

    pub fn times(self, other: Self) -> Result<Self, String> {
        let digits = self.digits.checked_mul(other.digits).ok_or("multiply overflow")?;
        Ok(Self { digits, scale: self.scale + other.scale })
    }

    /// Without what stands behind the point.
    pub fn truncated(self) -> U256 {
        U256::from(10).checked_pow(U256::from(self.scale)).map_or(U256::ZERO, |unit| self.digits / unit)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_product_is_exact_and_its_fraction_is_cut_off() {
        let product = |a: Value, b: &str| -> Result<U256, String> { Ok(Decimal::of(&a)?.times(Decimal::parse(b)?)?.truncated()) };
        for (a, b, whole) in [
            (json!(42), "1", 42u64),
            (json!(2113.37), "100", 211_337),
            (json!("0.1"), "30", 3),
            (json!(1.999), "1", 1),
            (json!(0), "5", 0),
        ] {
            assert_eq!(product(a.clone(), b), Ok(U256::from(whole)), "{a} {b}");
        }
        for bad in [json!(-1), json!("1e3"), json!("x"), json!(""), json!("."), json!(null), json!([1])] {
            assert!(product(bad.clone(), "1").is_err(), "{bad}");
        }
        assert!(product(json!("9".repeat(77)), &"9".repeat(77)).is_err());
    }
}
