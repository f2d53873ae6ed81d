//! Listing: what is asked of a bucket's key order, and a page of the answer.

use crate::object::ObjectInfo;

/// A question for one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// Folds keys that share the text up to and including this into one common prefix; any non-empty text.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub after: Option<ListPosition>,
    /// Most keys and common prefixes on the page, 0 to 1,000.
    pub limit: u32,
}

/// A place between two entries of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListPosition {
    /// Strictly after this key, or after any text a client names.
    Key(String),
    /// After every key that begins with this common prefix.
    Prefix(String),
}

/// One entry of a page.
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are objects: boxed, each would be an allocation more"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListEntry {
    /// An object.
    Object(ObjectInfo),
    /// A common prefix.
    Prefix(String),
}

/// One page, in UTF-8 byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Objects and common prefixes in order.
    pub entries: Vec<ListEntry>,
    /// Where the next page begins, when there is more.
    pub next: Option<ListPosition>,
}
