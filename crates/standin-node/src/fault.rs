//! The faults that a stand-in node can show, as switches.

use std::{fmt, str::FromStr, time::Duration};

/// One way to misbehave. The text form is the name in kebab case, with `=value` where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `html`: a web page with status 200 for every request.
    Html,
    /// `unauthorized`: 401 for every request that needs credentials, the login included.
    Unauthorized,
    /// `status=<code>`: this status and an error document (no body for 204) for every request.
    Status(u16),
    /// `redirect=<url>`: 302 to there for every request.
    Redirect(String),
    /// `huge-body`: 100 MB of JSON, length unannounced, for every request.
    HugeBody,
    /// `huge-headers`: 1,000 headers with every answer.
    HugeHeaders,
    /// `slow-bytes=<ms>`: every answer is endless and comes one byte in so many milliseconds.
    SlowBytes(Duration),
    /// `hang`: requests are accepted and never answered.
    Hang,
    /// `garbled`: JSON by media type, but cut in the middle, for every request.
    Garbled,
    /// `migrating` or `migrating=<ms>`: for ever, or so long after boot, only `/health` exists and it answers 204.
    Migrating(Option<Duration>),
    /// `failing-check`: one check fails: `/health` 207, `/readyz` 503.
    FailingCheck,
    /// `failing-check-old`: the same as an older node says it: `/health` 503.
    FailingCheckOld,
    /// `logins-limited`: 429 for every login.
    LoginsLimited,
    /// `no-key`: the key list is empty.
    NoKey,
    /// `two-keys`: a second enabled key on the node's chain.
    TwoKeys,
    /// `disabled-key`: the node's key is disabled.
    DisabledKey,
    /// `other-chain`: the node's key is on another chain only.
    OtherChain,
    /// `second-chain`: the node's key is on another chain as well, in the first row. Not an error.
    SecondChain,
    /// `bad-checksum`: one letter of the address has the wrong case.
    BadChecksum,
    /// `lower-case`: the address has no checksum.
    LowerCase,
    /// `null-balances`: the node's own RPC is down. Not an error.
    NullBalances,
    /// `old-node`: only `/v2/keys/eth`, with the rows of a v1 node. Not an error.
    OldNode,
    /// `no-signing`: no `/standin/sign-registration`, as in a stock node.
    NoSigning,
    /// `transfer-unclear`: a transfer is broadcast, and the answer is a 504.
    TransferUnclear,
    /// `transfer-lost`: the same answer, and nothing is broadcast.
    TransferLost,
    /// `transfer-other-amount`: a transfer sends one wei more than asked.
    TransferOtherAmount,
    /// `foreign-signature`: registrations are signed by some other key.
    ForeignSignature,
    /// `slow-boot=<ms>`: so long between taking the lease and listening.
    SlowBoot(Duration),
    /// `wallet-replaced`: at its next boot the node has lost its key and makes another.
    WalletReplaced,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Status(code) => return write!(formatter, "status={code}"),
            Self::Redirect(url) => return write!(formatter, "redirect={url}"),
            Self::SlowBytes(pause) => return write!(formatter, "slow-bytes={}", pause.as_millis()),
            Self::Migrating(Some(time)) => {
                return write!(formatter, "migrating={}", time.as_millis());
            }
            Self::SlowBoot(time) => return write!(formatter, "slow-boot={}", time.as_millis()),
            Self::Html => "html",
            Self::Unauthorized => "unauthorized",
            Self::HugeBody => "huge-body",
            Self::HugeHeaders => "huge-headers",
            Self::Hang => "hang",
            Self::Garbled => "garbled",
            Self::Migrating(None) => "migrating",
            Self::FailingCheck => "failing-check",
            Self::FailingCheckOld => "failing-check-old",
            Self::LoginsLimited => "logins-limited",
            Self::NoKey => "no-key",
            Self::TwoKeys => "two-keys",
            Self::DisabledKey => "disabled-key",
            Self::OtherChain => "other-chain",
            Self::SecondChain => "second-chain",
            Self::BadChecksum => "bad-checksum",
            Self::LowerCase => "lower-case",
            Self::NullBalances => "null-balances",
            Self::OldNode => "old-node",
            Self::NoSigning => "no-signing",
            Self::TransferUnclear => "transfer-unclear",
            Self::TransferLost => "transfer-lost",
            Self::TransferOtherAmount => "transfer-other-amount",
            Self::ForeignSignature => "foreign-signature",
            Self::WalletReplaced => "wallet-replaced",
        };
        formatter.write_str(name)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let milliseconds = |value: &str| {
            let count = value.parse().ok().filter(|count| *count <= 3_600_000);
            count.map(Duration::from_millis).ok_or_else(|| format!("{text:?}: give milliseconds, at most an hour"))
        };
        let status = |value: &str| {
            let code = value.parse().ok().filter(|code| (200..=599).contains(code));
            code.ok_or_else(|| format!("{text:?}: give an HTTP status from 200 to 599"))
        };
        match (name, value) {
            ("status", Some(value)) => Ok(Self::Status(status(value)?)),
            ("redirect", Some(url)) => Ok(Self::Redirect(url.to_owned())),
            ("slow-bytes", Some(value)) => Ok(Self::SlowBytes(milliseconds(value)?)),
            ("migrating", Some(value)) => Ok(Self::Migrating(Some(milliseconds(value)?))),
            ("slow-boot", Some(value)) => Ok(Self::SlowBoot(milliseconds(value)?)),
            (_, None) => Self::NAMED
                .iter()
                .find(|fault| fault.to_string() == name)
                .cloned()
                .ok_or_else(|| format!("there is no fault {text:?}")),
            (_, Some(_)) => Err(format!("there is no fault {text:?}")),
        }
    }
}

impl Fault {
    /// The faults without a value.
    const NAMED: [Self; 25] = [
        Self::Html,
        Self::Unauthorized,
        Self::HugeBody,
        Self::HugeHeaders,
        Self::Hang,
        Self::Garbled,
        Self::Migrating(None),
        Self::FailingCheck,
        Self::FailingCheckOld,
        Self::LoginsLimited,
        Self::NoKey,
        Self::TwoKeys,
        Self::DisabledKey,
        Self::OtherChain,
        Self::SecondChain,
        Self::BadChecksum,
        Self::LowerCase,
        Self::NullBalances,
        Self::OldNode,
        Self::NoSigning,
        Self::TransferUnclear,
        Self::TransferLost,
        Self::TransferOtherAmount,
        Self::ForeignSignature,
        Self::WalletReplaced,
    ];
}

/// The faults that are on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultSet(Vec<Fault>);

impl FaultSet {
    /// Whether `fault` is on.
    pub fn contains(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// The faults, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The value that `pick` finds in the first fault that has it.
    pub(super) fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    /// Turns `fault` off.
    pub(super) fn remove(&mut self, fault: &Fault) {
        self.0.retain(|it| it != fault);
    }
}

impl FromIterator<Fault> for FaultSet {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut set = Self::default();
        for fault in faults {
            if !set.contains(&fault) {
                set.0.push(fault);
            }
        }
        set
    }
}

impl FromStr for FaultSet {
    type Err = String;

    /// Names separated by commas; an empty text is no fault.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Fault::from_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_back_from_the_text_it_prints() -> Result<(), String> {
        let valued = ["status=503", "redirect=http://x/?a=b", "slow-bytes=100", "migrating=5", "slow-boot=1000"];
        let named = Fault::NAMED.map(|fault| fault.to_string());
        for text in named.iter().map(String::as_str).chain(valued) {
            assert_eq!(text.parse::<Fault>()?.to_string(), text);
        }
        Ok(())
    }

    #[test]
    fn unknown_faults_and_senseless_values_are_refused() {
        for text in ["htlm", "html=1", "status", "status=99", "slow-bytes=-1", "slow-boot=9999999", "html two-keys"] {
            assert!(text.parse::<FaultSet>().is_err(), "{text}");
        }
        assert_eq!(" html, two-keys ,html".parse::<FaultSet>().map(|set| set.iter().count()), Ok(2));
        assert_eq!("".parse(), Ok(FaultSet::default()));
    }
}
