use super::*;

#[test]
fn pages_of_parts() {
    let of = |limit, marker| PartsPage::decode(limit, marker).map(|page| (page.limit, page.marker));
    assert_eq!(of(None, None), Ok((1_000, 0)));
    assert_eq!(of(Some("0"), Some("0")), Ok((0, 0)));
    assert_eq!(of(Some(" 2 "), Some("10000")), Ok((2, 10_000)));
    assert_eq!(of(Some("1001"), Some("2147483647")), Ok((1_000, 2_147_483_647)));
    let message = |limit, marker| of(limit, marker).unwrap_err().message.into_owned();
    assert_eq!(message(Some("-1"), None), "Argument max-parts must be an integer between 0 and 2147483647");
    assert_eq!(
        message(None, Some("-1")),
        "Argument part-number-marker must be an integer between 0 and 2147483647"
    );
    for bad in ["", "x", "1.5", "2147483648", "99999999999999999999"] {
        assert_eq!(
            message(Some(bad), None),
            "Provided max-parts not an integer or within integer range",
            "{bad}"
        );
        assert_eq!(of(Some(bad), None).unwrap_err().code, S3ErrorCode::InvalidArgument);
    }
}

#[test]
fn a_part_needs_its_number() {
    let of = |query: &str| required_number(&Query::parse(query).unwrap());
    for number in [1, 2, 9_999, 10_000] {
        assert_eq!(of(&format!("partNumber={number}")).map(PartNumber::get), Ok(number));
    }
    assert_eq!(of("partNumber=10001").unwrap_err().code, S3ErrorCode::InvalidArgument);
    assert_eq!(of("uploadId=u").unwrap_err().code, S3ErrorCode::RouteNotFound);
    assert_eq!(of("partNumber=x").unwrap_err().code, S3ErrorCode::RouteNotFound);
    assert_eq!(of("partNumber=0").unwrap_err().code, S3ErrorCode::InvalidArgument);
}
