//! A header value with parameters: `type; name=value; name="value"`.

/// The parameters, in order, with names in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads what follows the first `;`. `None` when it cannot be read, or when a name comes twice: two readers must not see
/// two forms.
///
/// In quotes, a backslash stands for the character after it only before a quote or a backslash: browsers send others as
/// they are, in the names of files.
///
/// Spec: RFC 2045, section 5.1; WHATWG HTML, multipart/form-data encoding algorithm.
pub(super) fn parse(text: &str) -> Option<Parameters> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest).trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start();
            continue;
        }
        let (name, value) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (value, after) = value.split_at(value.find(';').unwrap_or(value.len()));
                (value.trim().to_owned(), after)
            }
        };
        rest = after.trim_start();
        if name.is_empty() || name.contains([';', '"', ' ']) || !(rest.is_empty() || rest.starts_with(';')) {
            return None;
        }
        if parameters.iter().any(|(known, _)| *known == name) {
            return None;
        }
        parameters.push((name, value));
    }
    Some(Parameters(parameters))
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some((value, chars.as_str())),
            '\\' if chars.as_str().starts_with(['"', '\\']) => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_by_example() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: [(&str, Option<Pairs>); 17] = [
            ("a/b", Some(&[])),
            ("a/b;", Some(&[])),
            ("a/b; x=1", Some(&[("x", "1")])),
            ("a/b;X=1;; y = 2 ;", Some(&[("x", "1"), ("y", "2")])),
            ("a/b; x=\"1; y=2\"; z=\"\"", Some(&[("x", "1; y=2"), ("z", "")])),
            (r#"a; x="q\"q\\q""#, Some(&[("x", r#"q"q\q"#)])),
            (r#"a; x="C:\dir\f.txt""#, Some(&[("x", r"C:\dir\f.txt")])),
            ("a; x=a=b", Some(&[("x", "a=b")])),
            ("a; x=", Some(&[("x", "")])),
            ("a; x=ü", Some(&[("x", "ü")])),
            ("a; x", None),
            ("a; =1", None),
            ("a; x=\"1", None),
            (r#"a; x="1\""#, None),
            ("a; x=\"1\"y", None),
            ("a; x=1; X=1", None),
            ("a; y; x=1", None),
        ];
        for (text, expected) in table {
            let owned = |pairs: Pairs| {
                Parameters(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
            };
            assert_eq!(parse(text), expected.map(owned), "{text}");
        }
    }
}
