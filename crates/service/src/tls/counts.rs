//! What is counted of handshakes and of new certificates.

use ::metrics::counter;

/// How a handshake with a caller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// The caller is in.
    Done,
    /// Its certificate is good, and is not on the list.
    NotAllowed,
    /// It has none, or one that is not of the CA, or not of now.
    NoValidCertificate,
    /// It speaks something else, or broke off.
    Failed,
    /// It took too long.
    Timeout,
    /// Too many others were at it.
    TooMany,
}

impl Handshake {
    const ALL: [Self; 6] =
        [Self::Done, Self::NotAllowed, Self::NoValidCertificate, Self::Failed, Self::Timeout, Self::TooMany];

    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotAllowed => "not_allowed",
            Self::NoValidCertificate => "no_valid_certificate",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::TooMany => "too_many",
        }
    }

    pub(super) fn count(self, handshakes: u64) {
        counter!("oms_tls_handshakes_total", "outcome" => self.name()).increment(handshakes);
    }
}

/// What became of new certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    /// They are in use.
    Taken,
    /// They can't be used.
    Refused,
}

impl Reload {
    const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }

    pub(super) fn count(self, reloads: u64) {
        counter!("oms_tls_reloads_total", "outcome" => self.name()).increment(reloads);
    }
}

/// At 0 before the first, so that an increase is seen from the first one on.
pub(super) fn announce() {
    Handshake::ALL.iter().for_each(|handshake| handshake.count(0));
    [Reload::Taken, Reload::Refused].iter().for_each(|reload| reload.count(0));
}
