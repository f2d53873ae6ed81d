//! What must hold for any input: what we sign verifies, what is changed does not, nothing panics.

use proptest::prelude::*;
use sigv4::sign::{presign, sign_header};
use sigv4::{fuzzing, percent_decode, uri_encode};

use crate::fixture::{HOST, NOW_S, Sent, get_url, list, send_presigned};

/// Keys of the kinds that broke other servers.
fn key() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        Just("+".to_owned()),
        Just("%".to_owned()),
        Just("/".to_owned()),
        Just("//".to_owned()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just("%20".to_owned()),
        Just("%2520".to_owned()),
        Just("%2F".to_owned()),
        Just("?&=#;".to_owned()),
        Just("'\"<>\\^`{|}()!*~".to_owned()),
        "\\PC{1,4}",
        "[a-z]{1,4}",
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// Names repeat often, so that sorting by value shows.
fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(
        (prop_oneof!["[abAB]", "[ -~]{1,5}", "\\PC{1,3}"], prop_oneof!["[ab+ ]{0,3}", "\\PC{0,5}"]),
        0..6,
    )
}

fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

fn path_of(key: &str) -> String {
    format!("/bucket/{}", uri_encode(key.as_bytes(), true))
}

proptest! {
    #[test]
    fn encoding_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..64), keep_slash: bool) {
        let encoded = uri_encode(&bytes, keep_slash);
        prop_assert_eq!(percent_decode(encoded.as_bytes()).unwrap(), bytes);
    }

    #[test]
    fn a_presigned_url_for_any_key_and_parameters_verifies(key in key(), parameters in parameters()) {
        let (path, query) = (path_of(&key), borrowed(&parameters));
        let mut request = get_url();
        (request.path, request.query) = (&path, &query);
        let sent = send_presigned(&request);
        prop_assert!(sent.judge(NOW_S).is_ok(), "{:?}", sent.judge(NOW_S));
        // In another order, which no client is bound to.
        let mut pieces: Vec<_> = sent.query.as_deref().unwrap().split('&').collect();
        pieces.reverse();
        let reversed = Sent { query: Some(pieces.join("&")), ..sent.clone() };
        prop_assert!(reversed.judge(NOW_S).is_ok());
    }

    #[test]
    fn headers_signed_for_any_key_and_parameters_verify(key in key(), parameters in parameters(), value in "\\PC{0,12}") {
        let (path, query) = (path_of(&key), borrowed(&parameters));
        let headers = [("x-amz-meta-a", value.as_str()), ("x-amz-meta-a", "again")];
        let mut request = list();
        (request.path, request.query, request.headers) = (&path, &query, &headers);
        prop_assert!(crate::fixture::send_signed(&request).judge(NOW_S).is_ok());
        prop_assert_eq!(sign_header(&request), sign_header(&request));
    }

    #[test]
    fn a_url_for_one_key_does_not_open_another(one in key(), other in key()) {
        prop_assume!(one != other);
        let (signed, sent_path) = (path_of(&one), path_of(&other));
        let mut request = get_url();
        request.path = &signed;
        let sent = Sent::new("GET", &format!("{sent_path}?{}", presign(&request)), &[("host", HOST)]);
        prop_assert!(sent.judge(NOW_S).is_err());
    }

    #[test]
    fn a_changed_byte_of_the_query_is_refused(at in 0..300_usize, byte in 0x21..0x7f_u8) {
        let mut request = get_url();
        request.query = &[("x-id", "GetObject"), ("x-amz-meta-a", "1 2")];
        let good = send_presigned(&request);
        let mut query = good.query.clone().unwrap().into_bytes();
        let at = at % query.len();
        prop_assume!(query[at] != byte);
        // The letter case of an escape is spelling, not content.
        prop_assume!(!query[at].eq_ignore_ascii_case(&byte) || !query[at.saturating_sub(2)..=at].contains(&b'%'));
        query[at] = byte;
        let changed = Sent { query: Some(String::from_utf8(query).unwrap()), ..good };
        prop_assert!(changed.judge(NOW_S).is_err(), "{:?}", changed.query);
    }

    #[test]
    fn arbitrary_requests_are_judged_without_panic(data in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzzing::presigned_query(&data);
    }

    #[test]
    fn almost_presigned_requests_are_judged_without_panic(
        path in "/\\PC{0,10}", fields in prop::collection::vec("[ -~]{0,12}", 7), tail in "\\PC{0,20}",
    ) {
        let credential = if fields[0].len() % 2 == 0 { "id/20260102/auto/s3/aws4_request" } else { &fields[0] };
        let date = if fields[1].len() % 4 == 0 { &fields[1] } else { "20260102T030405Z" };
        let target = format!(
            "{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}&X-Amz-Expires={}\
             &X-Amz-SignedHeaders=host;{}&X-Amz-Signature={:0<64}&{}\nhost:{}\n{tail}",
            fields[2].len() * 60, fields[3], "0", fields[4], fields[5]
        );
        fuzzing::presigned_query(target.as_bytes());
    }
}
