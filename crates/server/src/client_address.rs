//! Whose address a request comes from: the connection's own, or behind a declared proxy the one that the proxy says it comes
//! from. What anybody else writes into a header is not read.

use std::net::{IpAddr, SocketAddr};

use domain::IpRange;
use http::HeaderMap;
use http::request::Parts;

/// Most proxies in a row that are followed.
const HOPS_MAX: usize = 16;

/// An address in a chain of them; `None` for what is none, as `unknown`.
type Hop = Option<IpAddr>;

/// Puts the client's address in the place of the connection's; takes it away where it cannot be told.
pub(crate) fn resolve(parts: &mut Parts, proxies: &[IpRange]) {
    let Some(peer) = parts.extensions.get::<SocketAddr>().copied() else { return };
    if !is_among(proxies, peer.ip()) {
        return;
    }
    match client(peer.ip(), &parts.headers, proxies) {
        Some(address) if address == peer.ip() => {}
        // the client's own port is not told
        Some(address) => drop(parts.extensions.insert(SocketAddr::new(address, 0))),
        None => drop(parts.extensions.remove::<SocketAddr>()),
    }
}

/// The address of a proxy's client: the last one in the chain that is no proxy itself, since what stands before it is hearsay.
/// A proxy writes one of two headers and may pass the other on as it comes, so when both are there they must agree.
///
/// Spec: RFC 7239, sections 4 and 7.4 (`Forwarded`).
fn client(proxy: IpAddr, headers: &HeaderMap, proxies: &[IpRange]) -> Option<IpAddr> {
    let texts =
        |name| headers.get_all(name).iter().map(|value| value.to_str().ok()).collect::<Option<Vec<_>>>();
    let (listed, forwarded) = (texts("x-forwarded-for")?, texts("forwarded")?);
    let listed = (!listed.is_empty()).then(|| {
        let hops = listed.iter().flat_map(|line| line.split(',')).map(address);
        outermost(&hops.collect::<Vec<_>>(), proxies)
    });
    let forwarded = (!forwarded.is_empty()).then(|| {
        let chains = forwarded.iter().map(|line| elements(line)).collect::<Option<Vec<_>>>()?;
        outermost(&chains.concat(), proxies)
    });
    match (listed, forwarded) {
        (None, None) => Some(proxy),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) => one.filter(|_| one == other),
    }
}

/// The last hop that is no proxy; the first of all when each is one.
fn outermost(hops: &[Hop], proxies: &[IpRange]) -> Option<IpAddr> {
    let mut found = None;
    for (hop, followed) in hops.iter().rev().zip(0..) {
        found = Some((*hop)?).filter(|_| followed < HOPS_MAX);
        if !is_among(proxies, found?) {
            break;
        }
    }
    found
}

fn is_among(ranges: &[IpRange], address: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(address))
}

/// An address, with a port or without: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Hop {
    let text = text.trim_matches([' ', '\t']);
    let address = match text.parse::<SocketAddr>() {
        Ok(with_port) => with_port.ip(),
        Err(_) => {
            let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            // brackets are for IPv6
            bare.map_or_else(|| text.parse().ok(), |text| text.parse().ok().map(IpAddr::V6))?
        }
    };
    Some(address.to_canonical())
}

/// The chain of a `Forwarded` header; `None` when it is malformed anywhere: a quotation mark that a client left open would
/// swallow what the proxy wrote behind it.
fn elements(line: &str) -> Option<Vec<Hop>> {
    let (mut chain, mut hop, mut has_for) = (Vec::new(), None, false);
    let mut rest = line.trim_matches([' ', '\t']);
    loop {
        let (name, after) = rest.split_once('=')?;
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return None;
        }
        let (value, after) = value(after)?;
        if name.eq_ignore_ascii_case("for") {
            // an element has one of each
            if std::mem::replace(&mut has_for, true) {
                return None;
            }
            hop = address(&value);
        }
        let after = after.trim_start_matches([' ', '\t']);
        match after.as_bytes().first() {
            Some(b';') => {}
            None | Some(b',') => {
                chain.push(hop.take());
                has_for = false;
            }
            Some(_) => return None,
        }
        let Some(next) = after.get(1..) else { return Some(chain) };
        rest = next.trim_start_matches([' ', '\t']);
    }
}

/// A token or a quoted string, and what comes after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end)?;
        return (!token.is_empty()).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

/// Spec: RFC 9110, section 5.6.2, and `:`, `[`, `]`, which some proxies leave unquoted.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                ..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' | b':' | b'[' | b']'
        )
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, Request};
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Vec<IpRange> {
        ["10.0.0.0/8", "2001:db8::/32"].map(|text| IpRange::parse(text).unwrap()).into()
    }

    /// The client's address of a request from `peer`, as text.
    fn seen(peer: &str, headers: &[(&'static str, &str)], proxies: &[IpRange]) -> String {
        let mut request = Request::builder().body(()).unwrap();
        request.extensions_mut().insert(SocketAddr::new(peer.parse().unwrap(), 50_000));
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        let mut parts = request.into_parts().0;
        resolve(&mut parts, proxies);
        parts
            .extensions
            .get::<SocketAddr>()
            .map_or_else(|| "unknown".to_owned(), |found| found.ip().to_string())
    }

    #[test]
    fn a_client_that_is_no_declared_proxy_has_its_own_address() {
        let forged = [("x-forwarded-for", "10.0.0.1"), ("forwarded", "for=10.0.0.1")];
        for peer in ["192.0.2.1", "::1", "127.0.0.1"] {
            assert_eq!(seen(peer, &forged, &proxies()), peer);
            assert_eq!(seen(peer, &forged, &[]), peer);
        }
        assert_eq!(seen("10.0.0.1", &forged, &[]), "10.0.0.1", "none is declared");
    }

    #[test]
    fn a_declared_proxy_is_believed_as_far_as_it_saw() {
        const LIST: &str = "x-forwarded-for";
        const FORWARDED: &str = "forwarded";
        for (headers, expected) in [
            (&[][..], "10.0.0.1"),
            (&[(LIST, "192.0.2.1")], "192.0.2.1"),
            (&[(LIST, "198.51.100.9, 192.0.2.1")], "192.0.2.1"),
            (&[(LIST, "198.51.100.9, 192.0.2.1, 10.9.9.9,10.1.1.1")], "192.0.2.1"),
            (&[(LIST, "198.51.100.9"), (LIST, "192.0.2.1"), (LIST, "10.9.9.9")], "192.0.2.1"),
            (&[(LIST, "192.0.2.1:4711")], "192.0.2.1"),
            (&[(LIST, "[2001:db9::1]:4711")], "2001:db9::1"),
            (&[(LIST, "2001:db9::1 , 2001:db8::7")], "2001:db9::1"),
            (&[(LIST, "::ffff:192.0.2.1")], "192.0.2.1"),
            (&[(LIST, "::ffff:10.0.0.9, 10.0.0.2")], "10.0.0.9"),
            (&[(LIST, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            // what stands before the client is its own to write
            (&[(LIST, "nonsense, 192.0.2.1")], "192.0.2.1"),
            (&[(LIST, "nonsense")], "unknown"),
            (&[(LIST, "192.0.2.1, unknown")], "unknown"),
            (&[(LIST, "192.0.2.1, unknown, 10.0.0.2")], "unknown"),
            (&[(LIST, "")], "unknown"),
            (&[(LIST, "192.0.2.1,")], "unknown"),
            (&[(LIST, "[192.0.2.1]")], "unknown"),
            (&[(LIST, "192.0.2.1\u{fc}")], "unknown"),
            (&[(FORWARDED, "for=192.0.2.1")], "192.0.2.1"),
            (&[(FORWARDED, "For=\"192.0.2.1:4711\";proto=https;by=10.0.0.1")], "192.0.2.1"),
            (&[(FORWARDED, "for=\"[2001:db9::1]:4711\"")], "2001:db9::1"),
            (&[(FORWARDED, "for=198.51.100.9;host=\"a,b;c\" , for=192.0.2.1, for=10.2.2.2")], "192.0.2.1"),
            (&[(FORWARDED, "for=198.51.100.9"), (FORWARDED, "for=192.0.2.1")], "192.0.2.1"),
            (&[(FORWARDED, "for=_hidden")], "unknown"),
            (&[(FORWARDED, "proto=https")], "unknown"),
            (&[(FORWARDED, "for=192.0.2.1;for=198.51.100.9")], "unknown"),
            // a mark that the client left open, and what the proxy put behind it
            (&[(FORWARDED, "for=198.51.100.9;x=\", for=192.0.2.1")], "unknown"),
            (&[(FORWARDED, "for=198.51.100.9;x=\", for=\"192.0.2.1:1\"")], "unknown"),
            (&[(FORWARDED, "for=198.51.100.9;x=\"\\\", for=\"192.0.2.1:1\"")], "unknown"),
            (&[(FORWARDED, "nonsense, for=192.0.2.1")], "unknown"),
            (&[(FORWARDED, "")], "unknown"),
            // the proxy writes one of the two, and which is not known
            (&[(LIST, "192.0.2.1"), (FORWARDED, "for=192.0.2.1")], "192.0.2.1"),
            (&[(LIST, "192.0.2.1"), (FORWARDED, "for=198.51.100.9")], "unknown"),
            (&[(LIST, "198.51.100.9"), (FORWARDED, "for=192.0.2.1")], "unknown"),
            (&[(LIST, "192.0.2.1"), (FORWARDED, "for=_hidden")], "unknown"),
        ] {
            assert_eq!(seen("10.0.0.1", headers, &proxies()), expected, "{headers:?}");
        }
        let chain = |hops: usize| "10.0.0.2,".repeat(hops);
        let far =
            |hops| seen("10.0.0.1", &[(LIST, &format!("192.0.2.1,{}10.0.0.3", chain(hops)))], &proxies());
        assert_eq!((far(HOPS_MAX - 2), far(HOPS_MAX - 1)), ("192.0.2.1".to_owned(), "unknown".to_owned()));
    }

    proptest! {
        /// Whatever a client sends, what its proxy appends decides.
        #[test]
        fn what_a_proxy_appends_decides(sent in "[a-zA-Z0-9.:,;=\"\\\\ \\[\\]]{0,40}", last in any::<[u8; 4]>()) {
            let own = IpAddr::from([192, last[1], last[2], last[3]]);
            let expected = own.to_string();
            let listed = seen("10.0.0.1", &[("x-forwarded-for", &format!("{sent}, {own}"))], &proxies());
            prop_assert_eq!(&listed, &expected);
            for appended in [format!("{sent}, for={own}"), format!("{sent}, for=\"{own}:80\";proto=http")] {
                let forwarded = seen("10.0.0.1", &[("forwarded", &appended)], &proxies());
                prop_assert!(forwarded == expected || forwarded == "unknown", "{} {}", appended, forwarded);
                let forged = [("forwarded", sent.as_str()), ("x-forwarded-for", &expected)];
                let both = seen("10.0.0.1", &forged, &proxies());
                prop_assert!(both == expected || both == "unknown", "{:?} {}", forged, both);
            }
        }
    }
}
