//! What a test token makes the simulator do. `config.default.toml` lists the tokens
//! for users; anything else is an ordinary token.

use std::str::FromStr;

const PREFIX: &str = "sim_";
const REFUND: &str = "refund_";

/// A forced behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Refuse for good.
    Decline,
    /// Do nothing on the first attempts.
    Transient(i32),
    /// Do it, but lose the replies of the first calls of a key.
    LoseReplies(i32),
    /// Take 1.5 s.
    Slow,
    /// Do it, but never answer the first call of a key.
    Timeout,
}

/// A token of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// What it forces.
    pub act: Act,
    /// Whether the refunds are meant, not the charge.
    pub refunds: bool,
}

/// An ordinary token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token of the simulator")]
pub struct Ordinary;

impl FromStr for Script {
    type Err = Ordinary;

    fn from_str(token: &str) -> Result<Self, Ordinary> {
        let name = token.strip_prefix(PREFIX).ok_or(Ordinary)?;
        let (name, refunds) = name.strip_prefix(REFUND).map_or((name, false), |rest| (rest, true));
        let act = match name {
            "decline" => Act::Decline,
            "slow" => Act::Slow,
            "timeout" => Act::Timeout,
            _ => match name.split_once('_') {
                Some(("transient", n)) => Act::Transient(count(n)?),
                Some(("unknown", n)) => Act::LoseReplies(count(n)?),
                _ => return Err(Ordinary),
            },
        };
        Ok(Self { act, refunds })
    }
}

fn count(digit: &str) -> Result<i32, Ordinary> {
    digit.parse().ok().filter(|n| (1..=9).contains(n)).ok_or(Ordinary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_what_the_documentation_says() {
        let script = |act, refunds| Ok(Script { act, refunds });
        assert_eq!("sim_decline".parse(), script(Act::Decline, false));
        assert_eq!("sim_transient_2".parse(), script(Act::Transient(2), false));
        assert_eq!("sim_unknown_1".parse(), script(Act::LoseReplies(1), false));
        assert_eq!("sim_refund_decline".parse(), script(Act::Decline, true));
        assert_eq!("sim_refund_transient_9".parse(), script(Act::Transient(9), true));
        for token in ["", "tok_visa", "sim_", "sim_transient_0", "sim_transient_10", "sim_refund_", "sim_transient_"] {
            assert_eq!(token.parse::<Script>(), Err(Ordinary), "{token}");
        }
    }
}
