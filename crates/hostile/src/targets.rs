//! URLs that a stranger wants to be told at.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;
use webhooks::address::is_allowed;
use webhooks::target::{Gate, Target};

/// A URL.
pub(crate) fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(target) = text.parse::<Target>() else { return };
    let printed = target.to_string();
    assert_eq!(printed.parse::<Target>().as_ref(), Ok(&target), "{text}");
    assert!(printed.len() <= 2_048 && !printed.contains(['#', ' ', '\r', '\n', '\0']), "{text}");
    let (scheme, rest) = printed.split_once("://").unwrap_or_default();
    assert!(["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()), "{text}");
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    assert!(!authority.is_empty() && !authority.contains('@'), "{text}");
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    assert!(port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0)), "{text} has no such port");
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        assert!(gate().check(&target).is_err() || is_allowed(address.into(), &[]), "{text}");
    }
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<Ipv6Addr>() {
        assert!(gate().check(&target).is_err() || is_allowed(address.into(), &[]), "{text}");
    }
}

/// One that lets in all that is public.
fn gate() -> &'static Gate {
    static GATE: OnceLock<Gate> = OnceLock::new();
    GATE.get_or_init(|| {
        let loaded = service::config::load::<orders::config::Config>(orders::config::DEFAULTS, None);
        let Ok(mut config) = loaded else { panic!("no configuration") };
        config.webhooks.allow_http = true;
        Gate::new(&config.webhooks)
    })
}
