//! The faults that a stand-in node can show, as switches.

use std::{fmt, str::FromStr, time::Duration};

use strum::IntoEnumIterator;

/// One way to misbehave. The text form is the name in kebab case, with `=value` where there is one.
#[derive(Clone, Debug, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// A web page with status 200 for every request.
    Html,
    /// 401 for every request that needs credentials, the login included.
    Unauthorized,
    /// 100 MB of JSON, length unannounced, for every request.
    HugeBody,
    /// 1,000 headers with every answer.
    HugeHeaders,
    /// Requests are accepted and never answered.
    Hang,
    /// JSON by media type, but cut in the middle, for every request.
    Garbled,
    /// One check fails: `/health` 207, `/readyz` 503.
    FailingCheck,
    /// The same as an older node says it: `/health` 503.
    FailingCheckOld,
    /// 429 for every login.
    LoginsLimited,
    /// The key list is empty.
    NoKey,
    /// A second enabled key on the node's chain.
    TwoKeys,
    /// The node's key is disabled.
    DisabledKey,
    /// The node's key is on another chain only.
    OtherChain,
    /// The node's key is on another chain as well, in the first row. Not an error.
    SecondChain,
    /// One letter of the address has the wrong case.
    BadChecksum,
    /// The address has no checksum.
    LowerCase,
    /// The node's own RPC is down: it says so in `/health` and `/v2/nodes/evm`, and answers as ready all the same.
    ChainLost,
    /// The node could not ask its RPC for balances. Not an error.
    NullBalances,
    /// The node's database is in trouble: nobody's credentials can be checked, which is said with a 401.
    DatabaseTrouble,
    /// Only `/v2/keys/eth`, with the rows of a v1 node. Not an error.
    OldNode,
    /// No `/standin/sign-registration`, as in a stock node.
    NoSigning,
    /// A transfer is broadcast, and the answer is a 504.
    TransferUnclear,
    /// The same answer, and nothing is broadcast.
    TransferLost,
    /// A transfer sends one wei more than asked.
    TransferOtherAmount,
    /// Registrations are signed by some other key.
    WrongSignature,
    /// At its next boot the node has lost its key and makes another.
    WalletReplaced,
    /// `status=CODE`: this status and an error document (no body for 204) for every request.
    Status(u16),
    /// `redirect=URL`: 302 to there for every request.
    Redirect(String),
    /// `slow-bytes=MS`: every answer is endless and comes one byte in so many milliseconds.
    SlowBytes(Duration),
    /// `migrating` or `migrating=MS`: for ever, or so long after boot, only `/health` exists and it answers 204.
    Migrating(Option<Duration>),
    /// `slow-boot=MS`: so long between taking the lease and listening.
    SlowBoot(Duration),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: &str = self.into();
        match self {
            Self::Status(code) => write!(formatter, "{name}={code}"),
            Self::Redirect(url) => write!(formatter, "{name}={url}"),
            Self::SlowBytes(time) | Self::Migrating(Some(time)) | Self::SlowBoot(time) => {
                write!(formatter, "{name}={}", time.as_millis())
            }
            _ => formatter.write_str(name),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let milliseconds = |value: &str| {
            let count = value.parse().ok().filter(|count| *count <= 3_600_000);
            count.map(Duration::from_millis).ok_or_else(|| format!("{text:?}: give milliseconds, at most an hour"))
        };
        let status = |value: &str| {
            let code = value.parse().ok().filter(|code| (200..=599).contains(code));
            code.ok_or_else(|| format!("{text:?}: give an HTTP status from 200 to 599"))
        };
        let unknown = || format!("there is no fault {text:?}");
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let mut fault = Self::iter().find(|fault| <&str>::from(fault) == name).ok_or_else(unknown)?;
        match (&mut fault, value) {
            (Self::Status(code), Some(value)) => *code = status(value)?,
            (Self::Redirect(url), Some(value)) => *url = value.to_owned(),
            (Self::SlowBytes(time) | Self::SlowBoot(time), Some(value)) => *time = milliseconds(value)?,
            (Self::Migrating(time), Some(value)) => *time = Some(milliseconds(value)?),
            (Self::Status(_) | Self::Redirect(_) | Self::SlowBytes(_) | Self::SlowBoot(_), None) | (_, Some(_)) => {
                return Err(unknown());
            }
            (_, None) => {}
        }
        Ok(fault)
    }
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
        let plain = Fault::iter().map(|fault| fault.to_string()).filter(|text| !text.contains('='));
        for text in plain.chain(valued.map(str::to_owned)) {
            assert_eq!(text.parse::<Fault>()?.to_string(), text);
        }
        Ok(())
    }

    #[test]
    fn unknown_faults_and_senseless_values_are_refused() {
        for text in [
            "htlm",
            "html=1",
            "status",
            "status=99",
            "redirect",
            "migrating=x",
            "slow-bytes=-1",
            "slow-boot=9999999",
            "html two-keys",
        ] {
            assert!(text.parse::<FaultSet>().is_err(), "{text}");
        }
        assert_eq!(" html, two-keys ,html".parse::<FaultSet>().map(|set| set.iter().count()), Ok(2));
        assert_eq!("".parse(), Ok(FaultSet::default()));
    }
}
