//! What claims to come from the payment provider: its signature, and what it is about.

use hmac::{Hmac, Mac as _};
use payments::config::{Config, DEFAULTS};
use payments::provider::stripe::webhook::{Distrust, Subject, Webhook, subject};
use sha2::Sha256;
use std::sync::OnceLock;
use time::OffsetDateTime;

const SECRET: &str = "whsec_of_the_fuzzer";
/// When everything here is received.
const NOW: i64 = 1_700_000_000;

/// A header, an empty line, and a payload.
pub(crate) fn target(data: &[u8]) {
    let at = data.windows(2).position(|two| two == b"\n\n");
    let (header, payload) = at.map_or((data, &[][..]), |at| (&data[..at], &data[at + 2..]));
    if let Some(subject) = subject(payload) {
        let (id, again) = match subject {
            Subject::Payment(id) => (id.to_string(), id.to_string().parse().map(Subject::Payment)),
            Subject::Refund(id) => (id.to_string(), id.to_string().parse().map(Subject::Refund)),
        };
        assert_eq!(again, Ok(subject), "{id}");
    }
    let Ok(header) = std::str::from_utf8(header) else { return };
    let Ok(now) = OffsetDateTime::from_unix_timestamp(NOW) else { return };
    let believed = webhook().verify(payload, header, now);
    let stamp = header.split(',').find_map(|part| part.trim().strip_prefix("t=")).unwrap_or_default();
    let right = sign(stamp, payload);
    if believed.is_ok() {
        assert!(header.to_ascii_lowercase().contains(&right), "{header} is believed");
    }
    // Rightly signed, it stands or falls with its time.
    let Ok(seconds) = stamp.parse::<i64>() else { return };
    let signed = webhook().verify(payload, &format!("t={stamp},v1={right}"), now);
    let fresh = NOW.abs_diff(seconds) <= 300;
    assert_eq!(signed, if fresh { Ok(()) } else { Err(Distrust::Age) }, "{stamp}");
    let other = [payload, b" "].concat();
    assert_eq!(webhook().verify(&other, &format!("t={stamp},v1={right}"), now), Err(Distrust::Mismatch));
}

fn sign(stamp: &str, payload: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else { panic!("HMAC takes any key") };
    mac.update(&[stamp.as_bytes(), b".", payload].concat());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn webhook() -> &'static Webhook {
    static WEBHOOK: OnceLock<Webhook> = OnceLock::new();
    WEBHOOK.get_or_init(|| {
        let Ok(mut config) = service::config::load::<Config>(DEFAULTS, None) else { panic!("no configuration") };
        config.stripe.webhook_secret = SECRET.into();
        Webhook::new(&config.stripe).unwrap_or_else(|| panic!("a secret is set"))
    })
}
