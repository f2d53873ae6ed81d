use proptest::prelude::*;

use super::*;
use crate::error_code::S3ErrorCode;

const LIMITS: Limits = Limits { bytes: 1_000, elements: 10 };

fn hint(document: &str) -> String {
    let error = parse(document.as_bytes(), LIMITS).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MalformedXML, "{document}");
    error.hint.unwrap()
}

fn leaf(document: &str) -> String {
    parse(document.as_bytes(), LIMITS).unwrap().leaf_text().unwrap().to_owned()
}

#[test]
fn documents_are_written_plainly() {
    let mut xml = Writer::with_capacity(0);
    xml.open_root("Root");
    xml.open_with("A", &[("b", "\"<&'>")]);
    xml.leaf("Text", "a<b>&\"c'\td\ne\rf\0\u{1}\u{7f}ü\u{ffff}");
    xml.leaf_encoded("Encoded", "a/ü");
    xml.leaf_display("Number", 7);
    xml.close("A");
    xml.close("Root");
    assert_eq!(
        xml.finish(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <A b=\"&quot;&lt;&amp;&apos;&gt;\">\
         <Text>a&lt;b&gt;&amp;&quot;c&apos;\td\ne&#xD;f&#x0;&#x1;&#x7F;ü&#xFFFF;</Text>\
         <Encoded>a%2F%C3%BC</Encoded><Number>7</Number></A></Root>"
    );
}

#[test]
fn documents_are_read_with_or_without_a_namespace() {
    let documents = [
        "<A><B>x</B></A>",
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<A>\n <B>x</B>\n</A>\n",
        "<A xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><B>x</B></A>",
        "<s3:A xmlns:s3='http://s3.amazonaws.com/doc/2006-03-01/'><s3:B >x</s3:B ></s3:A>",
        "<!-- c --><A><?pi a?><B>x</B><!-- d --></A><!-- e -->",
        "<A><B a=\"1\" b='2'><![CDATA[x]]></B></A>",
    ];
    for document in documents {
        let root = parse(document.as_bytes(), LIMITS).unwrap().expect_root("A").unwrap();
        let children: Vec<_> =
            root.children().unwrap().iter().map(|b| (b.name(), b.leaf_text().unwrap())).collect();
        assert_eq!(children, [("B", "x")], "{document}");
    }
}

#[test]
fn text_keeps_its_blanks_and_loses_its_escapes() {
    let table = [
        ("<A> \t x \n </A>", " \t x \n "),
        ("<A>a\r\nb\rc</A>", "a\nb\nc"),
        ("<A>&lt;&gt;&amp;&quot;&apos;</A>", "<>&\"'"),
        ("<A>&#65;&#x41;&#xfc;&#x1F600;&#xD;&#x0;&#1;</A>", "AAü\u{1f600}\r\0\u{1}"),
        ("<A>a<![CDATA[<b>&amp;]]>c</A>", "a<b>&amp;c"),
        ("<A>a<!-- x -->b</A>", "ab"),
        ("<A>\u{1}\u{fffe}</A>", "\u{1}\u{fffe}"),
        ("<A></A>", ""),
        ("<A/>", ""),
        ("<A />", ""),
    ];
    for (document, expected) in table {
        assert_eq!(leaf(document), expected, "{document}");
    }
}

#[test]
fn what_is_no_document() {
    let documents = [
        "",
        " ",
        "x",
        "<A>",
        "<A><B></A>",
        "<A></B>",
        "</A>",
        "<A></A></A>",
        "<A/><B/>",
        "<A/>x",
        "x<A/>",
        "<A>&amp</A>",
        "<A>&;</A>",
        "<A>&b;</A>",
        "<A>&#;</A>",
        "<A>&#x;</A>",
        "<A>&#xD800;</A>",
        "<A>&#x110000;</A>",
        "<A>&#+65;</A>",
        "<A>&#-1;</A>",
        "<A>&#99999999999;</A>",
        "<A b></A>",
        "<A b=1></A>",
        "<A b=\"1\" b=\"2\"></A>",
        "<A><![CDATA[x</A>",
        "<A><!-- x</A>",
        "<A/><?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><A/>",
        "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><A/>",
        "<!DOCTYPE A><A/>",
        "<!DOCTYPE A [<!ENTITY b \"c\">]><A>&b;</A>",
        "<!DOCTYPE A SYSTEM \"file:///etc/passwd\"><A/>",
        "<A><!DOCTYPE A></A>",
    ];
    for document in documents {
        assert!(!hint(document).is_empty(), "{document}");
    }
    assert_eq!(hint("<!DOCTYPE A><A/>"), "A document type is not accepted.");
    assert_eq!(hint("<A>&b;</A>"), "Unknown reference &b;");
    assert_eq!(parse(b"<A>\xff</A>", LIMITS).unwrap_err().hint.unwrap(), "The document is not UTF-8.");
}

#[test]
fn every_limit_holds() {
    let long = format!("<A>{}</A>", " ".repeat(LIMITS.bytes));
    let error = parse(long.as_bytes(), LIMITS).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MaxMessageLengthExceeded);
    assert!(parse(&long.as_bytes()[..LIMITS.bytes], LIMITS).unwrap_err().code == S3ErrorCode::MalformedXML);

    let of = |count| format!("<A>{}</A>", "<B/>".repeat(count));
    assert_eq!(parse(of(9).as_bytes(), LIMITS).unwrap().children().unwrap().len(), 9);
    assert_eq!(hint(&of(10)), "The document has more than 10 elements.");

    let deep = Limits { bytes: 10_000_000, elements: usize::MAX };
    let of = |depth| "<A>".repeat(depth) + &"</A>".repeat(depth);
    assert!(parse(of(16).as_bytes(), deep).is_ok());
    let error = parse(of(1_000_000).as_bytes(), deep).unwrap_err();
    assert_eq!(error.hint.unwrap(), "Elements nest deeper than 16.");

    let of = |count| format!("<A {}/>", (0..count).map(|i| format!("a{i}='' ")).collect::<String>());
    assert!(parse(of(16).as_bytes(), deep).is_ok());
    assert!(parse(of(500_000).as_bytes(), deep).is_err());

    let name = "n".repeat(100_000);
    let error = parse(format!("<{name}></b>").as_bytes(), deep).unwrap_err();
    assert!(error.hint.unwrap().len() < 400, "names of any length are not repeated");
}

#[test]
fn shapes() {
    let element = |document: &str| parse(document.as_bytes(), LIMITS).unwrap();
    let mixed = element("<A>x<B/></A>");
    assert_eq!(mixed.children().unwrap_err().hint.unwrap(), "A holds elements, not text.");
    assert_eq!(mixed.leaf_text().unwrap_err().hint.unwrap(), "A holds text, not elements.");
    assert_eq!(mixed.clone().expect_root("a").unwrap_err().hint.unwrap(), "The document is a A, not a a.");
    assert_eq!(mixed.unexpected().hint.unwrap(), "A is not expected there, or not twice.");
}

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>()) {
        let mut xml = Writer::with_capacity(0);
        xml.leaf("A", &text);
        let limits = Limits { bytes: usize::MAX, elements: 1 };
        let root = parse(&xml.finish(), limits).unwrap();
        prop_assert_eq!(root.leaf_text(), Ok(text.as_str()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, LIMITS);
    }

    #[test]
    fn anything_like_markup_is_read_or_refused(
        text in "(<A|</A|>|/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<!DOCTYPE|<\\?xml|\\?>| a=|'|\"|&|#x|;|x| ){0,30}",
    ) {
        let _ = parse(text.as_bytes(), LIMITS);
    }
}
