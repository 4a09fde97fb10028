//! Which addresses may be targets. Ours sees what a stranger's request must never reach: databases, cloud metadata,
//! the services themselves.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is not public, from IANA's registry of special-purpose IPv4 addresses, and multicast.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// All that is assigned to hosts on the internet.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What is not public of it: protocol assignments with Teredo, documentation (twice), 6to4.
const NOT_PUBLIC_V6: [Ipv6Net; 4] =
    [v6([0x2001, 0, 0, 0], 23), v6([0x2001, 0xdb8, 0, 0], 32), v6([0x3fff, 0, 0, 0], 20), v6([0x2002, 0, 0, 0], 16)];

/// IPv4 behind a translator.
const TRANSLATED: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d]: [u16; 4], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Whether a target may have this address.
#[must_use]
pub fn is_allowed(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = plain(address);
    is_public(address) || allowed.iter().any(|network| network.contains(&address))
}

/// An IPv4 address in the clothes of IPv6, without them.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if TRANSLATED.contains(&v6) {
        let [.., a, b, c, d] = v6.octets();
        return Ipv4Addr::new(a, b, c, d).into();
    }
    address.to_canonical()
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|network| network.contains(&v4)),
        IpAddr::V6(v6) => GLOBAL_V6.contains(&v6) && !NOT_PUBLIC_V6.iter().any(|network| network.contains(&v6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(address: &str) -> bool {
        is_allowed(address.parse().unwrap(), &[])
    }

    #[test]
    fn public_addresses_are_targets() {
        for address in ["1.1.1.1", "172.15.255.255", "172.32.0.0", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(allowed(address), "{address}");
        }
    }

    #[test]
    fn others_are_not() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001:20::1",
            "::ffff:0:7f00:1",
            "fec0::1",
            "3fff::1",
            "100::1",
        ] {
            assert!(!allowed(address), "{address}");
        }
    }

    #[test]
    fn a_network_can_be_allowed() {
        let networks = ["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for (address, expected) in
            [("127.0.0.1", true), ("::ffff:127.0.0.1", true), ("fd00::1", true), ("::1", false), ("10.0.0.1", false)]
        {
            assert_eq!(is_allowed(address.parse().unwrap(), &networks), expected, "{address}");
        }
    }

    proptest! {
        // The standard library's own words for some of these networks, written independently.
        #[test]
        fn nothing_private_passes(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let private = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_unspecified() || address.is_broadcast() || address.is_documentation();
            for form in [IpAddr::V4(address), IpAddr::V6(address.to_ipv6_mapped())] {
                prop_assert!(!(private && is_allowed(form, &[])), "{}", form);
            }
        }

        #[test]
        fn no_local_v6_passes(bits in any::<u128>()) {
            let address = Ipv6Addr::from_bits(bits);
            let local = address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast() || address.is_loopback();
            prop_assert!(!(local && is_allowed(address.into(), &[])));
        }
    }
}
