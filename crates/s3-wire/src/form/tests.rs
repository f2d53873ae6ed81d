use proptest::prelude::*;

use super::*;

const TYPE: &str = "multipart/form-data; boundary=XYZ";

fn part(name: &str, value: &str) -> String {
    format!("--XYZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(content: &str) -> String {
    format!(
        "--XYZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n"
    )
}

const END: &str = "--XYZ--\r\n";

/// A form as it was read: fields, name and content of the file, and the end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    fields: Vec<(String, String)>,
    filename: Option<Option<String>>,
    content: Vec<u8>,
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Read, FormError> {
    let mut decoder = FormDecoder::new(TYPE)?;
    let mut read = Read::default();
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        loop {
            match decoder.step(&mut input)? {
                FormStep::NeedMore => break,
                FormStep::Done => return Ok(read),
                FormStep::Field(field) => read.fields.push((field.name, field.value)),
                FormStep::File { filename } => {
                    assert!(read.filename.replace(filename).is_none(), "one file");
                }
                FormStep::Data(data) => {
                    assert!(!data.is_empty());
                    read.content.extend_from_slice(&data);
                }
            }
        }
        assert!(input.is_empty(), "all of the input is used");
    }
    decoder.finish().map(|()| read)
}

fn whole(body: &str) -> Result<Read, FormError> {
    read([body.as_bytes()])
}

#[test]
fn fields_and_a_file() {
    let body =
        [part("key", "a/b"), part("Empty", ""), part("lines", "1\r\n2\r\n"), file("content"), END.into()];
    let read = whole(&body.concat()).unwrap();
    let fields = [("key", "a/b"), ("Empty", ""), ("lines", "1\r\n2\r\n")];
    assert_eq!(read.fields, fields.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(read.filename, Some(Some("f.txt".to_owned())));
    assert_eq!(read.content, b"content");
}

/// What is no boundary is content, however much it looks like one.
#[test]
fn contents_that_look_like_boundaries() {
    for content in [
        "",
        "\r\n",
        "\r",
        "\r\n--",
        "\r\n--XY",
        "\r\n--XY\r\n--XY",
        "--XYZ",
        "x--XYZ--",
        "\r\r\n\r\n--XY",
        "\n--XYZ",
        "\r--XYZ",
        "\r\n-XYZ",
        "\r\n--xyz--",
        "-\r\n-",
    ] {
        let body = [part("key", content), file(content), END.into()].concat();
        let expected = whole(&body).unwrap();
        assert_eq!(expected.content, content.as_bytes(), "{content:?}");
        assert_eq!(expected.fields, [("key".to_owned(), content.to_owned())], "{content:?}");
        for size in 1..12 {
            assert_eq!(read(body.as_bytes().chunks(size)), Ok(whole(&body).unwrap()), "{content:?} {size}");
        }
    }
}

#[test]
fn what_surrounds_a_form_means_nothing() {
    let form = [part("key", "k"), file("content"), END.into()].concat();
    let expected = whole(&form).unwrap();
    let padded = form.replace("--XYZ\r\n", "--XYZ \t\r\n");
    let later = form.replace(END, &[part("later", "x"), part("x", "\r\n--XY"), END.into()].concat());
    for body in [
        format!("\r\n{form}"),
        format!("a preamble\r\nof lines --XYZ\r\n{form}"),
        format!("{form}an epilogue \r\n--XYZ\r\n"),
        form.trim_end().to_owned(),
        padded,
        later,
    ] {
        assert_eq!(whole(&body).as_ref(), Ok(&expected), "{body}");
    }
}

#[test]
fn boundaries_by_example() {
    let ok = ["XYZ", "\"XYZ\"", "----WebKitFormBoundaryAbC123", "\"a b'()+_,-./:=?c\"", &"x".repeat(70)];
    for boundary in ok {
        assert!(
            FormDecoder::new(&format!("Multipart/Form-Data; charset=utf-8; Boundary={boundary}")).is_ok(),
            "{boundary}"
        );
    }
    let long = "x".repeat(71);
    let bad = ["", "\"\"", "\"a \"", "\"a", "ü", "\"a\tb\"", long.as_str()];
    for boundary in bad {
        let decoder = FormDecoder::new(&format!("multipart/form-data; boundary={boundary}"));
        assert!(matches!(decoder, Err(FormError::Malformed(_))), "{boundary}");
    }
    assert!(matches!(FormDecoder::new("multipart/form-data"), Err(FormError::Malformed(_))));
    for other in
        ["", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded", "multipart/form-dat"]
    {
        assert!(matches!(FormDecoder::new(other), Err(FormError::NotAForm)), "{other}");
    }
}

#[test]
fn forms_that_are_refused() {
    let good = [part("key", "k"), file("content"), END.into()].concat();
    let malformed = |body: &str| assert!(matches!(whole(body), Err(FormError::Malformed(_))), "{body}");
    malformed(&good.replace("--XYZ\r\n", "--XYZabc\r\n"));
    malformed(&good.replace("--XYZ\r\n", "--XYZ\n"));
    malformed(&good.replace("form-data", "file"));
    malformed("--XYZ\r\n\r\nno head\r\n--XYZ--");
    assert!(read([good.replace("k\r\n", "\u{1}\r\n").replace('\u{1}', "ü").as_bytes()]).is_ok());
    let latin = good.replace("\r\nk\r\n", "\r\nK\r\n").into_bytes();
    let latin: Vec<u8> = latin.into_iter().map(|b| if b == b'K' { 0xfc } else { b }).collect();
    assert!(matches!(read([latin.as_slice()]), Err(FormError::Malformed(_))));

    let second = [part("key", "k"), file("a"), file("b"), END.into()].concat();
    assert_eq!(whole(&second), Err(FormError::SecondFile));
    // cut anywhere before its last boundary, a form is no form
    let last = good.rfind("--\r\n").unwrap();
    for cut in 0..last + 2 {
        assert_eq!(read([&good.as_bytes()[..cut]]), Err(FormError::Truncated), "{cut}");
    }
}

#[test]
fn what_is_beside_the_file_is_bounded() {
    let frame = part("key", "").len() + file("").len() + 2 * "\r\n--XYZ".len() - 2 * "--XYZ".len();
    let with = |room: usize, content: &str| {
        whole(&[part("key", &"k".repeat(room)), file(content), END.into()].concat())
    };
    let fits = (0..FORM_MAX_BYTES).rev().find(|room| with(*room, "x").is_ok()).unwrap();
    assert!(FORM_MAX_BYTES - fits <= frame + 32, "{fits} bytes of value fit");
    assert_eq!(with(fits + 1, "x"), Err(FormError::TooLong));
    assert!(with(fits, &"x".repeat(100_000)).is_ok(), "the file does not count");

    let endless = "x".repeat(FORM_MAX_BYTES + 1);
    for body in [
        endless.clone(),
        format!("--XYZ{}", " ".repeat(FORM_MAX_BYTES)),
        format!("--XYZ\r\n{endless}"),
        format!("--XYZ\r\nContent-Disposition: form-data; name=\"{endless}"),
        format!("{}{endless}", part("key", "k")),
        part("upload", &endless),
        part("x", "").repeat(FORM_MAX_BYTES / part("x", "").len() + 1),
        [file("x"), part("later", &endless)].concat(),
    ] {
        assert_eq!(whole(&body), Err(FormError::TooLong));
        assert_eq!(read(body.as_bytes().chunks(1)), Err(FormError::TooLong));
    }
}

proptest! {
    /// Whatever is in a form comes out of it, however the body is cut.
    #[test]
    fn a_form_comes_back(
        fields in prop::collection::vec(("[a-eg-z]{1,5}", "[a-z\r\n-]{0,8}"), 0..4),
        content in "([a-z\r\n-]|\r\n--|--XY|\r){0,40}",
        after in prop::collection::vec(("[a-eg-z]{1,5}", "[a-z\r\n-]{0,8}"), 0..2),
        cuts in prop::collection::vec(1..30_usize, 1..8),
    ) {
        let parts = |fields: &[(String, String)]| fields.iter().map(|(n, v)| part(n, v)).collect::<String>();
        let body = [parts(&fields), file(&content), parts(&after), END.into()].concat();
        let (mut pieces, mut rest, mut cuts) = (Vec::new(), body.as_bytes(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            pieces.push(piece);
            rest = after;
        }
        let expected = Read { fields, filename: Some(Some("f.txt".to_owned())), content: content.into_bytes() };
        prop_assert_eq!(read(pieces), Ok(expected));
    }
}
