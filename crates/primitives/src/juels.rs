//! LINK amounts. 1 LINK = 10^18 juels; all LINK is 10^27 juels, so 128 bits never overflow.

pub const JUELS_PER_LINK: u128 = 1_000_000_000_000_000_000;

/// An amount in juels. Displayed as its integer; [`Juels::to_link`] is for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, derive_more::Display, derive_more::FromStr)]
pub struct Juels(pub u128);

/// Why a text is not an amount of LINK.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("`{0}` is not an amount: write LINK as digits, for example 250 or 0.5")]
    Malformed(String),
    #[error("`{0}` has more than 18 decimals: the smallest amount is 0.000000000000000001 LINK")]
    TooPrecise(String),
    #[error("`{0}` is more than the 1,000,000,000 LINK that exist")]
    TooLarge(String),
}

impl Juels {
    /// All LINK there will ever be.
    pub const SUPPLY: Self = Self(1_000_000_000 * JUELS_PER_LINK);

    /// Reads LINK as a person writes it: `60000`, `0.5`.
    pub fn from_link(text: &str) -> Result<Self, AmountError> {
        let shown = || text.chars().take(64).collect::<String>();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || (text.contains('.') && fraction.is_empty()) {
            return Err(AmountError::Malformed(shown()));
        }
        if fraction.len() > 18 {
            return Err(AmountError::TooPrecise(shown()));
        }
        let juels = format!("{whole}{fraction:0<18}").parse::<u128>().map_err(|_| AmountError::TooLarge(shown()))?;
        if juels > Self::SUPPLY.0 { Err(AmountError::TooLarge(shown())) } else { Ok(Self(juels)) }
    }

    /// The amount in LINK, exact, without trailing zeros.
    pub fn to_link(self) -> String {
        let (whole, fraction) = (self.0 / JUELS_PER_LINK, self.0 % JUELS_PER_LINK);
        if fraction == 0 {
            return whole.to_string();
        }
        format!("{whole}.{}", format!("{fraction:018}").trim_end_matches('0'))
    }
}

impl serde::Serialize for Juels {
    /// A decimal string: JSON numbers lose juels beyond 2^53.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Juels {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_reads_and_prints_to_the_juel() {
        for (text, juels, printed) in [
            ("60000", 60_000 * JUELS_PER_LINK, "60000"),
            ("0.5", JUELS_PER_LINK / 2, "0.5"),
            ("0.000000000000000001", 1, "0.000000000000000001"),
            ("1.10", JUELS_PER_LINK + JUELS_PER_LINK / 10, "1.1"),
            ("1000000000", Juels::SUPPLY.0, "1000000000"),
        ] {
            assert_eq!(Juels::from_link(text), Ok(Juels(juels)));
            assert_eq!(Juels(juels).to_link(), printed);
        }
    }

    #[test]
    fn what_is_not_an_amount_of_link_says_why() {
        let texts = ";.;1.;.5;-1;+1;1e3;1e5;1,000;12,500;0,05;1,000.5;1.000,50;1.000.000;1 000;1_000;1'000;1.2.3;1.5.5; 1;1 ;5 LINK;0x10;NaN;inf;１;١";
        for text in texts.split(';') {
            assert_eq!(Juels::from_link(text), Err(AmountError::Malformed(text.into())));
        }
        assert!(matches!(Juels::from_link("0.0000000000000000001"), Err(AmountError::TooPrecise(_))));
        for text in ["1000000000.000000000000000001", "9999999999999999999999999999999999999999999"] {
            assert!(matches!(Juels::from_link(text), Err(AmountError::TooLarge(_))), "{text}");
        }
    }
}
