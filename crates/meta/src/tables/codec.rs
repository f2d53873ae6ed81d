//! Writing and reading of row values: fixed fields first, then `tag, length, bytes` until the end. Unknown tags are
//! kept out of the way of older readers by being skippable.

/// A value that does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged {table} row: {what}")]
pub struct Damaged {
    /// Which table.
    pub table: &'static str,
    /// What was wrong.
    pub what: &'static str,
}

/// Appends fields to a value.
#[derive(Default)]
pub(crate) struct Encoder(Vec<u8>);

impl Encoder {
    pub(crate) fn new(version: u8) -> Self {
        Self(vec![version])
    }

    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(crate) fn i64(mut self, value: i64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A length of up to 255 and the bytes; longer input is cut by the caller's own limits first.
    pub(crate) fn short(mut self, bytes: &[u8]) -> Self {
        let len = u8::try_from(bytes.len()).expect("short fields are bounded by their types");
        self.0.push(len);
        self.0.extend_from_slice(bytes);
        self
    }

    /// A tagged field.
    pub(crate) fn field(&mut self, tag: u8, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).expect("values are under 1 MiB");
        self.0.push(tag);
        self.0.extend_from_slice(&len.to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// A tagged text field, when there is text.
    pub(crate) fn text(&mut self, tag: u8, text: Option<&str>) {
        if let Some(text) = text {
            self.field(tag, text.as_bytes());
        }
    }

    pub(crate) fn finish(self) -> bytes::Bytes {
        self.0.into()
    }
}

/// Reads a value front to back.
pub(crate) struct Decoder<'a> {
    table: &'static str,
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Begins a value and checks its format version.
    pub(crate) fn new(table: &'static str, version: u8, value: &'a [u8]) -> Result<Self, Damaged> {
        let mut decoder = Self { table, rest: value };
        if decoder.u8()? == version { Ok(decoder) } else { Err(decoder.damaged("unknown format version")) }
    }

    /// Begins the inside of a field, which has no version of its own.
    pub(crate) const fn nested(table: &'static str, bytes: &'a [u8]) -> Self {
        Self { table, rest: bytes }
    }

    pub(crate) const fn damaged(&self, what: &'static str) -> Damaged {
        Damaged { table: self.table, what }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Damaged> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(self.damaged("ends early"))?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.damaged("ends early"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Damaged> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Damaged> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Damaged> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn short(&mut self) -> Result<&'a [u8], Damaged> {
        let len = self.u8()?;
        self.take(len.into())
    }

    /// The tag of the next field.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next tagged field; `None` at the end.
    pub(crate) fn field(&mut self) -> Result<Option<(u8, &'a [u8])>, Damaged> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.u8()?;
        let len = u32::from_le_bytes(self.array()?);
        let len = usize::try_from(len).map_err(|_| self.damaged("field too long"))?;
        Ok(Some((tag, self.take(len)?)))
    }

    pub(crate) fn utf8(&self, bytes: &[u8]) -> Result<String, Damaged> {
        String::from_utf8(bytes.to_vec()).map_err(|_| self.damaged("text is not UTF-8"))
    }
}
