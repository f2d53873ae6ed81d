//! What is measured: the kinds of work, their sizes and clients, and the requests of one round of each.

use std::sync::Arc;

use crate::client::Request;
use crate::requests::Signer;
use crate::round::{End, Load};

/// How much of everything; the quick one gives a feeling in a minute, the full one figures to keep.
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) round: std::time::Duration,
    /// Objects below `list/`, in [`LIST_FOLDERS`] folders.
    pub(crate) list_keys: usize,
    /// Distinct small objects read.
    pub(crate) small_objects: usize,
    /// Objects deleted in a round.
    pub(crate) deletions: usize,
    /// New keys in a round of small PUTs; a faster server starts to overwrite.
    pub(crate) small_puts: usize,
}

/// Keys are spread over this many common prefixes.
pub(crate) const LIST_FOLDERS: usize = 100;

/// As S3 gives at most.
pub(crate) const LIST_PAGE_KEYS: usize = 1000;

/// What is done over and over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Get,
    Head,
    Delete,
    /// A page of keys from a random place.
    ListKeys,
    /// All common prefixes, every key skipped.
    ListFolders,
}

/// One line of the report.
#[derive(Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) object_bytes: usize,
    pub(crate) clients: usize,
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Everything that is measured, reads of what earlier lines wrote excepted: each prepares its own objects.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload { name: "PUT 4 KiB", kind: Kind::Put, object_bytes: 4 * KIB, clients: 64 },
    Workload { name: "PUT 4 KiB", kind: Kind::Put, object_bytes: 4 * KIB, clients: 1 },
    Workload { name: "PUT 1 MiB", kind: Kind::Put, object_bytes: MIB, clients: 16 },
    Workload { name: "PUT 64 MiB", kind: Kind::Put, object_bytes: 64 * MIB, clients: 4 },
    Workload { name: "GET 4 KiB", kind: Kind::Get, object_bytes: 4 * KIB, clients: 64 },
    Workload { name: "GET 4 KiB", kind: Kind::Get, object_bytes: 4 * KIB, clients: 1 },
    Workload { name: "GET 1 MiB", kind: Kind::Get, object_bytes: MIB, clients: 16 },
    Workload { name: "GET 64 MiB", kind: Kind::Get, object_bytes: 64 * MIB, clients: 4 },
    Workload { name: "HEAD", kind: Kind::Head, object_bytes: 4 * KIB, clients: 64 },
    Workload { name: "LIST 1,000 keys", kind: Kind::ListKeys, object_bytes: 0, clients: 16 },
    Workload { name: "LIST 100 folders", kind: Kind::ListFolders, object_bytes: 0, clients: 16 },
    Workload { name: "DELETE 4 KiB", kind: Kind::Delete, object_bytes: 4 * KIB, clients: 64 },
];

impl Workload {
    /// The objects that must exist before a round; loaded outside the measured time.
    pub(crate) fn objects(&self, plan: &Plan, signer: &Signer) -> Vec<Request> {
        let put = |key: &str, size| signer.request("PUT", key, &[], size);
        match self.kind {
            Kind::Put => Vec::new(),
            Kind::Get | Kind::Head => {
                let keys = (0..self.read_objects(plan)).map(|n| self.read_key(n));
                keys.map(|key| put(&key, self.object_bytes)).collect()
            }
            Kind::Delete => {
                (0..plan.deletions).map(|n| put(&format!("delete/{n:07}"), self.object_bytes)).collect()
            }
            Kind::ListKeys | Kind::ListFolders => {
                (0..plan.list_keys).map(|n| put(&list_key(plan, n), LIST_OBJECT_BYTES)).collect()
            }
        }
    }

    /// The requests of one round, shared out to the clients.
    pub(crate) fn load(&self, plan: &Plan, signer: &Signer, round: u32) -> Load {
        let requests: Vec<Request> = match self.kind {
            Kind::Put => {
                let folder = format!("put/{}-{}/{round}", self.object_bytes, self.clients);
                let keys = (0..self.put_objects(plan)).map(|n| format!("{folder}/{n:07}"));
                keys.map(|key| signer.request("PUT", &key, &[], self.object_bytes)).collect()
            }
            Kind::Get | Kind::Head => {
                let method = if self.kind == Kind::Get { "GET" } else { "HEAD" };
                (0..self.read_objects(plan))
                    .map(|n| signer.request(method, &self.read_key(n), &[], 0))
                    .collect()
            }
            Kind::Delete => (0..plan.deletions)
                .map(|n| signer.request("DELETE", &format!("delete/{n:07}"), &[], 0))
                .collect(),
            Kind::ListKeys => (0..LIST_STARTS).map(|n| self.page(plan, signer, n)).collect(),
            Kind::ListFolders => {
                let query = [("list-type", "2"), ("prefix", "list/"), ("delimiter", "/")];
                vec![signer.request("GET", "", &query, 0); self.clients]
            }
        };
        let mut shares = vec![Vec::new(); self.clients];
        for (n, request) in requests.into_iter().enumerate() {
            shares[n % self.clients].push(request);
        }
        let end = if self.kind == Kind::Delete { End::Exhausted } else { End::After(plan.round) };
        Load {
            clients: shares.into_iter().map(Arc::from).collect(),
            status: if self.kind == Kind::Delete { 204 } else { 200 },
            end,
        }
    }

    /// A page that begins somewhere in the first half, so that it is always full.
    fn page(&self, plan: &Plan, signer: &Signer, n: usize) -> Request {
        // A stride without a common factor visits places in no order.
        let start = list_key(plan, n * 7919 % (plan.list_keys / 2));
        let keys = LIST_PAGE_KEYS.to_string();
        let query = [("list-type", "2"), ("prefix", "list/"), ("start-after", &start), ("max-keys", &keys)];
        signer.request("GET", "", &query, 0)
    }

    fn read_key(&self, n: usize) -> String {
        format!("get/{}/{n:07}", self.object_bytes)
    }

    /// Distinct objects read; fewer large ones, for the sake of the disk.
    fn read_objects(&self, plan: &Plan) -> usize {
        self.fit(plan.small_objects)
    }

    fn put_objects(&self, plan: &Plan) -> usize {
        self.fit(plan.small_puts)
    }

    fn fit(&self, small: usize) -> usize {
        match self.object_bytes {
            0..MIB => small,
            MIB => 256,
            _ => 2 * self.clients,
        }
    }
}

/// Small, since listing is measured and not their content.
const LIST_OBJECT_BYTES: usize = 64;

/// Distinct pages asked for.
const LIST_STARTS: usize = 1024;

fn list_key(plan: &Plan, n: usize) -> String {
    format!("list/{:03}/{n:07}", n * LIST_FOLDERS / plan.list_keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_keys_are_in_order_and_fill_every_folder() {
        let plan = Plan {
            rounds: 1,
            round: std::time::Duration::ZERO,
            list_keys: 2000,
            small_objects: 1,
            deletions: 1,
            small_puts: 1,
        };
        let keys: Vec<String> = (0..plan.list_keys).map(|n| list_key(&plan, n)).collect();
        assert!(keys.is_sorted());
        let mut folders: Vec<&str> = keys.iter().map(|key| &key[..9]).collect();
        folders.dedup();
        assert_eq!(folders.len(), LIST_FOLDERS);
    }
}
