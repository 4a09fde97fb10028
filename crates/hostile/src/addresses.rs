//! Addresses that a stranger's name may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use webhooks::address::is_allowed;

/// An address: four bytes, or sixteen. The standard library knows some of the networks that must be out of reach.
pub(crate) fn target(data: &[u8]) {
    if let Some(bytes) = data.first_chunk::<4>() {
        let address = Ipv4Addr::from(*bytes);
        for form in forms(address) {
            assert!(!is_local(address) || !is_allowed(form, &[]), "{form}");
            assert_eq!(is_allowed(form, &[]), is_allowed(address.into(), &[]), "{form} is {address}");
        }
    }
    if let Some(bytes) = data.first_chunk::<16>() {
        let address = Ipv6Addr::from(*bytes);
        let local = address.is_loopback()
            || address.is_unspecified()
            || address.is_multicast()
            || address.is_unique_local()
            || address.is_unicast_link_local();
        let inside = address.to_ipv4_mapped().is_some_and(is_local);
        assert!(!(local || inside) || !is_allowed(address.into(), &[]), "{address}");
    }
}

/// The same address as it can be written for IPv6.
fn forms(address: Ipv4Addr) -> [IpAddr; 3] {
    let [a, b, c, d] = address.octets().map(u16::from);
    let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a << 8 | b, c << 8 | d);
    [address.into(), address.to_ipv6_mapped().into(), translated.into()]
}

const fn is_local(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_documentation()
}
