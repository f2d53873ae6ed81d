//! Remembers derived signing keys, so that a request costs one HMAC instead of five. It holds no secrets
//! but the day's keys, and decides nothing: who may call is asked before.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::{SigningKey, signing_key};

/// Keys of one access key id that are worth keeping: two days around midnight in a few regions.
const KEYS_PER_ID_MAX: usize = 8;
/// Longer region texts are not real and not kept; the caller may send any text.
const REGION_BYTES_MAX: usize = 64;

/// A bounded cache of signing keys, by access key id, generation of its secret, date and region.
///
/// Two maps take turns: when the younger is full it becomes the older, whose entries move back when used.
/// So the least used half is what gets lost, at constant cost. Only look up ids that exist: an entry is
/// made for each.
pub struct SigningKeyCache {
    ids_max: usize,
    maps: Mutex<Maps>,
}

#[derive(Default)]
struct Maps {
    young: HashMap<String, Entries>,
    old: HashMap<String, Entries>,
}

type Entries = VecDeque<Entry>;

struct Entry {
    generation: u64,
    date: String,
    region: String,
    key: SigningKey,
}

impl SigningKeyCache {
    /// A cache for at most about `ids` access key ids.
    pub fn new(ids: usize) -> Self {
        Self { ids_max: ids.div_ceil(2).max(1), maps: Mutex::default() }
    }

    /// The signing key of this secret for the date (`yyyymmdd`) and region. `generation` must change
    /// whenever the id's secret does.
    pub fn get_or_derive(
        &self,
        access_key_id: &str,
        generation: u64,
        secret: &str,
        date: &str,
        region: &str,
    ) -> SigningKey {
        if let Some(key) = self.find(access_key_id, generation, date, region) {
            return key;
        }
        let key = signing_key(secret, date, region);
        if region.len() <= REGION_BYTES_MAX {
            let entry =
                Entry { generation, date: date.to_owned(), region: region.to_owned(), key: key.clone() };
            self.insert(access_key_id, entry);
        }
        key
    }

    /// Drops every key of an access key id, as when it is revoked.
    pub fn forget(&self, access_key_id: &str) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.young.remove(access_key_id);
        maps.old.remove(access_key_id);
    }

    fn find(&self, access_key_id: &str, generation: u64, date: &str, region: &str) -> Option<SigningKey> {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        if !maps.young.contains_key(access_key_id) {
            let entries = maps.old.remove(access_key_id)?;
            self.make_room(&mut maps);
            maps.young.insert(access_key_id.to_owned(), entries);
        }
        let is_it = |e: &&Entry| e.generation == generation && e.date == date && e.region == region;
        maps.young.get(access_key_id)?.iter().find(is_it).map(|entry| entry.key.clone())
    }

    fn insert(&self, access_key_id: &str, entry: Entry) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        if !maps.young.contains_key(access_key_id) {
            self.make_room(&mut maps);
        }
        let entries = maps.young.entry(access_key_id.to_owned()).or_default();
        // An old generation is of no more use, and two requests may have derived the same key at once.
        entries.retain(|e| {
            e.generation == entry.generation && (e.date != entry.date || e.region != entry.region)
        });
        if entries.len() >= KEYS_PER_ID_MAX {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    fn make_room(&self, maps: &mut Maps) {
        if maps.young.len() >= self.ids_max {
            maps.old = std::mem::take(&mut maps.young);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let maps = self.maps.lock().unwrap();
        maps.young.values().chain(maps.old.values()).map(VecDeque::len).sum()
    }
}

impl std::fmt::Debug for SigningKeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "20260102";

    fn get(cache: &SigningKeyCache, id: &str, generation: u64, secret: &str, region: &str) -> String {
        cache.get_or_derive(id, generation, secret, DATE, region).to_hex()
    }

    #[test]
    fn remembers_by_every_part_of_the_name() {
        let cache = SigningKeyCache::new(8);
        let derived = signing_key("s1", DATE, "auto").to_hex();
        assert_eq!(get(&cache, "id", 1, "s1", "auto"), derived);
        // A hit does not look at the secret, which shows that it is one.
        assert_eq!(get(&cache, "id", 1, "other", "auto"), derived);
        assert_ne!(get(&cache, "id", 1, "s1", ""), derived);
        assert_ne!(get(&cache, "id", 2, "s2", "auto"), derived);
        assert_ne!(get(&cache, "id2", 1, "s3", "auto"), derived);
        assert_ne!(cache.get_or_derive("id", 2, "s2", "20260103", "auto").to_hex(), derived);
    }

    #[test]
    fn a_new_generation_replaces_the_old() {
        let cache = SigningKeyCache::new(8);
        get(&cache, "id", 1, "s1", "auto");
        get(&cache, "id", 1, "s1", "us-east-1");
        get(&cache, "id", 2, "s2", "auto");
        assert_eq!(cache.len(), 1);
        assert_eq!(get(&cache, "id", 2, "unused", "auto"), signing_key("s2", DATE, "auto").to_hex());
    }

    #[test]
    fn forgets_what_it_is_told_to() {
        let cache = SigningKeyCache::new(2);
        for id in ["a", "b", "c"] {
            get(&cache, id, 1, "s", "auto");
        }
        for id in ["a", "b", "c"] {
            cache.forget(id);
            assert_eq!(get(&cache, id, 1, "new", "auto"), signing_key("new", DATE, "auto").to_hex());
        }
    }

    #[test]
    fn stays_bounded_whatever_is_asked() {
        let cache = SigningKeyCache::new(4);
        for i in 0..100 {
            for region in 0..20 {
                get(&cache, &format!("id{i}"), 1, "s", &format!("region-{region}"));
            }
        }
        assert!(cache.len() <= 4 * KEYS_PER_ID_MAX, "{}", cache.len());
        let before = cache.len();
        get(&cache, "id99", 1, "s", &"r".repeat(REGION_BYTES_MAX + 1));
        assert_eq!(cache.len(), before);
    }

    #[test]
    fn an_id_in_use_survives_the_turn_over() {
        let cache = SigningKeyCache::new(4);
        get(&cache, "hot", 1, "s", "auto");
        for i in 0..50 {
            get(&cache, &format!("cold{i}"), 1, "s", "auto");
            assert_eq!(get(&cache, "hot", 1, "wrong", "auto"), signing_key("s", DATE, "auto").to_hex());
        }
    }
}
