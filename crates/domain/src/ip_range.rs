//! Ranges of IP addresses, as conditions of API tokens have them.

use std::fmt;
use std::net::IpAddr;

/// Addresses that share their first bits: `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    address: IpAddr,
    bits: u8,
}

impl IpRange {
    /// Parses an address, or one with the number of bits that count; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|bits| *bits <= most)?
            }
            Some(_) => return None,
        };
        Some(Self { address, bits })
    }

    /// Whether every address of its kind is in it.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.bits == 0
    }

    /// Whether an address is in it. An IPv4 address that came over IPv6 counts as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let first =
            |value: u128, width: u32| value.checked_shr(width - u32::from(self.bits)).unwrap_or_default();
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                first(u32::from(a).into(), 32) == first(u32::from(b).into(), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => first(a.into(), 128) == first(b.into(), 128),
            _ => false,
        }
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_hold_what_shares_their_bits() {
        let table = [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.77/24", "192.0.2.1", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("0.0.0.0/0", "::ffff:10.0.0.1", true),
            ("10.0.0.0/8", "::ffff:10.9.9.9", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "::1", true),
            ("::/0", "10.0.0.1", false),
            ("::1/128", "::1", true),
        ];
        for (range, address, within) in table {
            let range = IpRange::parse(range).unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), within, "{range} {address}");
            assert_eq!(IpRange::parse(&range.to_string()), Some(range));
        }
        assert!(IpRange::parse("::/0").is_some_and(|range| range.is_everything()));
        assert!(IpRange::parse("::/1").is_some_and(|range| !range.is_everything()));
        for text in [
            "",
            "/",
            "10.0.0.1/",
            "10.0.0.1/33",
            "::/129",
            "10.0.0.1/+8",
            "10.0.0/8",
            "a",
            "10.0.0.1/8/8",
            " ::1",
        ] {
            assert_eq!(IpRange::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9a-f.:/]{0,20}", other in any::<std::net::IpAddr>()) {
            if let Some(range) = IpRange::parse(&text) {
                let _ = range.contains(other);
                prop_assert_eq!(IpRange::parse(&range.to_string()), Some(range));
            }
        }
    }
}
