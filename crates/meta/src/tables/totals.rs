//! What a bucket holds: the amounts that the engine adds up over its rows in `o`, `v`, `u` and `p`.

use domain::StorageClass;

use super::bucket::BucketId;
use super::codec::Decoder;
use super::object::peek_storage_class;
use crate::totals::{AMOUNTS, Group, Measured, Totals};

/// Places of one amount for each storage class: `STANDARD` and `STANDARD_IA`.
type ByClass = [usize; 2];

const OBJECTS_AT: ByClass = [0, 1];
const BYTES_AT: ByClass = [2, 3];
const METADATA_AT: ByClass = [4, 5];
const UPLOADS_AT: ByClass = [6, 7];
const VERSIONS_AT: usize = 8;
const KEPT_BYTES_AT: usize = 9;
const PART_BYTES_AT: usize = 10;
const UPLOAD_METADATA_AT: usize = 11;

/// Objects that a listing shows.
pub const OBJECTS: &[usize] = &OBJECTS_AT;
/// Bytes of objects, those of older versions included.
pub const KEPT_BYTES: &[usize] = &[KEPT_BYTES_AT];
/// Those, and the bytes of parts whose upload has not ended or has not been cleared away.
pub const STORED_BYTES: &[usize] = &[KEPT_BYTES_AT, PART_BYTES_AT];

/// What is in a bucket of one storage class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTotals {
    /// Objects that a listing shows.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of their keys and of all that is kept of them beside their content.
    pub metadata_bytes: u64,
    /// Multipart uploads under way for objects of this class.
    pub uploads: u64,
}

/// What is in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketTotals {
    /// Of class `STANDARD`.
    pub standard: ClassTotals,
    /// Of class `STANDARD_IA`.
    pub infrequent_access: ClassTotals,
    /// Versions of objects, delete markers included, in a bucket that has kept some: the current ones among them.
    pub versions: u64,
    /// Bytes of all objects and versions.
    pub kept_bytes: u64,
    /// Bytes of parts whose upload has not ended or has not been cleared away.
    pub part_bytes: u64,
    /// Bytes of what is kept of uploads under way beside their parts.
    pub upload_metadata_bytes: u64,
}

impl BucketTotals {
    /// Of the amounts that [`measure`] gives.
    #[must_use]
    pub fn of(totals: &Totals) -> Self {
        let class = |n: usize| ClassTotals {
            objects: totals.0[OBJECTS_AT[n]],
            bytes: totals.0[BYTES_AT[n]],
            metadata_bytes: totals.0[METADATA_AT[n]],
            uploads: totals.0[UPLOADS_AT[n]],
        };
        Self {
            standard: class(0),
            infrequent_access: class(1),
            versions: totals.0[VERSIONS_AT],
            kept_bytes: totals.0[KEPT_BYTES_AT],
            part_bytes: totals.0[PART_BYTES_AT],
            upload_metadata_bytes: totals.0[UPLOAD_METADATA_AT],
        }
    }

    /// Objects that a listing shows, of all classes.
    #[must_use]
    pub const fn objects(&self) -> u64 {
        self.standard.objects + self.infrequent_access.objects
    }

    /// The bytes of those.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.standard.bytes + self.infrequent_access.bytes
    }
}

/// The group of a bucket's rows.
#[must_use]
pub const fn group(bucket: BucketId) -> Group {
    bucket.0.to_be_bytes()
}

/// What a row adds to its bucket's totals.
#[must_use]
pub fn measure(row: &Measured<'_>) -> Option<(Group, Totals)> {
    let (table, rest) = row.key.split_first()?;
    let group = *rest.first_chunk()?;
    let metadata = (row.key.len() + row.value_bytes) as u64;
    let mut amounts = [0; AMOUNTS];
    match table {
        b'o' => {
            let (size, class) = object_size(row.head)?;
            amounts[OBJECTS_AT[class]] = 1;
            amounts[BYTES_AT[class]] = size;
            amounts[METADATA_AT[class]] = metadata;
            amounts[KEPT_BYTES_AT] = if row.has_bytes { size } else { 0 };
        }
        b'v' => {
            amounts[VERSIONS_AT] = 1;
            amounts[KEPT_BYTES_AT] = object_size(row.head)?.0;
        }
        b'u' => {
            let mut decoder = Decoder::new("upload", 1, row.head).ok()?;
            decoder.i64().ok()?;
            amounts[UPLOADS_AT[place(peek_storage_class(&mut decoder))]] = 1;
            amounts[UPLOAD_METADATA_AT] = metadata;
        }
        b'p' => amounts[PART_BYTES_AT] = object_size(row.head)?.0,
        _ => return None,
    }
    Some((group, Totals(amounts)))
}

/// The size of an object and the place of its class, from the head of its row.
fn object_size(head: &[u8]) -> Option<(u64, usize)> {
    let mut decoder = Decoder::new("object", 1, head).ok()?;
    let size = decoder.u64().ok()?;
    let before_class = decoder.i64().and_then(|_| decoder.u8()).and_then(|_| decoder.short());
    let class = before_class.map_or_else(|_| StorageClass::default(), |_| peek_storage_class(&mut decoder));
    Some((size, place(class)))
}

const fn place(class: StorageClass) -> usize {
    match class {
        StorageClass::Standard => 0,
        StorageClass::StandardIa => 1,
    }
}
