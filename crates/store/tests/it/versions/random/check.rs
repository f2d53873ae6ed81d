//! Everything that can be seen of versions is what the model says, and nothing is kept for nothing.

use std::collections::BTreeSet;

use domain::listing::{ListEntry, ListQuery};
use domain::versioning::{VersionEntry, VersionPosition, VersionQuery};
use domain::{BucketLocks, Error, ObjectKey};
use meta::tables::version::Note;
use store::{CompleteUpload, Completed, DeleteObject, GetObject, VersionRef};

use super::{Held, History, SYSTEM, unversioned};
use crate::world::{bucket, read_all};

impl History {
    pub(super) async fn check(&mut self) {
        self.world.reclaim().await.expect("reclaims");
        // a restart forgets what uploads left; the sweep finds it
        self.world.sweep().await.expect("sweeps");
        for (key, versions) in &self.model.keys {
            let current = self.world.get(key.as_str()).await;
            match self.model.current(key) {
                Some(object) => assert!(current.expect("reads") == object.body, "{key}"),
                None => assert_eq!(current.err(), self.model.wanted(key, None).err()),
            }
            for held in versions {
                self.check_version(key, held).await;
            }
        }
        self.check_listings().await;
        self.check_objects().await;
        self.check_uploads().await;
        self.check_rows().await;
        self.check_totals().await;
    }

    /// What the engine added up on the way is what is there.
    async fn check_totals(&self) {
        let totals = self.world.store.bucket_totals(SYSTEM, &bucket()).await.expect("totals");
        let held = || self.model.keys.values().flatten();
        let current = || self.model.keys.keys().filter_map(|key| self.model.current(key));
        let bytes = |objects: &mut dyn Iterator<Item = u64>| objects.sum::<u64>();
        let kept = bytes(&mut held().filter_map(|held| held.object.as_ref()).map(|object| object.info.size));
        let shown = bytes(&mut current().map(|object| object.info.size));
        assert_eq!((totals.objects(), totals.bytes()), (current().count() as u64, shown));
        assert_eq!((totals.kept_bytes, totals.versions), (kept, self.world.rows("v").await as u64));
    }

    async fn check_version(&self, key: &ObjectKey, held: &Held) {
        let named = VersionRef { key, version: Some(held.id) };
        let get = GetObject { version: Some(held.id), ..GetObject::default() };
        let got = self.world.store.get_object(SYSTEM, &bucket(), key, &get).await;
        let tags = self.world.store.object_tags(SYSTEM, &bucket(), named).await;
        let Some(object) = &held.object else {
            let marker = Error::IsDeleteMarker { key: key.clone(), version: held.id, named: true };
            assert_eq!(got.err().map(|(error, _)| error), Some(marker.clone()));
            assert_eq!(tags, Err(marker));
            return;
        };
        let got = got.unwrap_or_else(|(error, _)| panic!("{key} {}: {error}", held.id));
        assert_eq!(got.info.version_id, self.model.shown(held.id));
        assert_eq!(unversioned(got.info), object.info, "{key} {}", held.id);
        assert!(read_all(got.body).await.expect("reads") == object.body, "{key} {}", held.id);
        assert_eq!(tags, Ok((held.note.tags.clone(), self.model.shown(held.id))), "{key} {}", held.id);
        if self.model.has_lock {
            let lock = self.world.store.object_lock(SYSTEM, &bucket(), named).await;
            assert_eq!(lock, Ok(held.note.lock), "{key} {}", held.id);
        }
    }

    /// What each key stands for.
    async fn check_objects(&self) {
        let query = ListQuery { limit: 1_000, ..ListQuery::default() };
        let page = self.world.store.list_objects(SYSTEM, &bucket(), &query).await.expect("lists");
        let listed = page.entries.into_iter().map(|entry| match entry {
            ListEntry::Object(info) => (info.key, info.size, info.etag),
            ListEntry::Prefix(prefix) => panic!("{prefix} is folded"),
        });
        let current = self.model.keys.keys().filter_map(|key| self.model.current(key));
        let expected = current.map(|o| (o.info.key.clone(), o.info.size, o.info.etag.clone()));
        assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    async fn check_uploads(&self) {
        let plain = &self.model.plain.buckets[&bucket()];
        for (id, upload) in &plain.uploads {
            let page =
                self.world.store.list_parts(SYSTEM, &bucket(), &upload.key, *id, (0, 1_000), None).await;
            let page = page.expect("lists");
            assert_eq!(page.upload.metadata, upload.metadata);
            let listed = page.parts.into_iter().map(|part| (part.number, unversioned(part.info)));
            let expected = upload.parts.iter().map(|(number, part)| (*number, part.info.clone()));
            assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
        for (id, (key, etag)) in &plain.finished {
            let again = self.world.complete_with(key.as_str(), *id, CompleteUpload::default()).await;
            assert_eq!(again, Ok(Completed::Before(etag.clone())));
        }
    }

    async fn check_rows(&self) {
        let held = || self.model.keys.values().flatten();
        let plain = &self.model.plain.buckets[&bucket()];
        let parts = || plain.uploads.values().flat_map(|upload| upload.parts.values());
        let contents = held().filter_map(|held| held.object.as_ref()).chain(parts());
        let stretches = contents.flat_map(|object| object.content.iter().flatten());
        let holders: BTreeSet<_> = stretches.map(|s| (s.body, s.holder)).collect();
        let bodies: BTreeSet<_> = holders.iter().map(|(body, _)| *body).collect();
        assert_eq!(self.world.blob_ids().await.len(), bodies.len(), "what is needed, and nothing else");
        let notes = held().filter(|held| held.note != Note::default()).count();
        for (table, rows) in [
            ("x", holders.len()),
            ("t", notes),
            ("u", plain.uploads.len()),
            ("p", parts().count()),
            ("o", plain.objects.len()),
            ("g", 0),
            ("e", 0),
            ("q", 0),
            ("d", 0),
        ] {
            assert_eq!(self.world.rows(table).await, rows, "rows of table {table}");
        }
    }

    async fn check_listings(&self) {
        for delimiter in [None, Some("/".to_owned())] {
            let mut expected = Vec::new();
            for (key, versions) in &self.model.keys {
                let folded = delimiter.as_ref().and_then(|d| key.as_str().split_once(d.as_str()));
                for (n, Held { id, object, .. }) in versions.iter().enumerate() {
                    let etag = object.as_ref().map(|object| object.info.etag.as_str());
                    let shown = match folded {
                        Some((prefix, _)) => format!("{prefix}/"),
                        None => format!("{key} {id} {etag:?} {}", n == 0),
                    };
                    if expected.last() != Some(&shown) {
                        expected.push(shown);
                    }
                }
            }
            for limit in [1, 3, 1_000] {
                assert_eq!(self.walk(delimiter.clone(), limit).await, expected, "{delimiter:?} {limit}");
            }
        }
    }

    async fn walk(&self, delimiter: Option<String>, limit: u32) -> Vec<String> {
        let (mut shown, mut after): (_, Option<VersionPosition>) = (Vec::new(), None);
        loop {
            let query =
                VersionQuery { delimiter: delimiter.clone(), after, limit, ..VersionQuery::default() };
            let page = self.world.store.list_versions(SYSTEM, &bucket(), &query).await.expect("lists");
            assert!(
                page.entries.len() <= limit as usize && (page.next.is_none() || !page.entries.is_empty())
            );
            shown.extend(page.entries.iter().map(|entry| match entry {
                VersionEntry::Object { info, version, is_latest } => {
                    format!("{} {version} {:?} {is_latest}", info.key, Some(info.etag.as_str()))
                }
                VersionEntry::DeleteMarker { key, version, is_latest, .. } => {
                    format!("{key} {version} None {is_latest}")
                }
                VersionEntry::Prefix(prefix) => prefix.clone(),
            }));
            match page.next {
                Some(next) => after = Some(next),
                None => return shown,
            }
        }
    }

    /// Deletes every version, then the bucket with the uploads that are under way.
    pub(super) async fn take_down(&mut self) {
        let store = &self.world.store;
        store.put_bucket_locks(SYSTEM, &bucket(), &BucketLocks::default()).await.expect("unlocks");
        for (key, versions) in &self.model.keys {
            for held in versions.iter().filter(|held| held.note.lock.legal_hold) {
                let named = VersionRef { key, version: Some(held.id) };
                store.put_legal_hold(SYSTEM, &bucket(), named, false).await.expect("lifts");
            }
            let objects = versions
                .iter()
                .map(|held| DeleteObject { version: Some(held.id), ..DeleteObject::from(key.clone()) });
            let outcomes = store.delete_objects(SYSTEM, &bucket(), objects.collect(), false).await;
            assert!(outcomes.expect("deletes").iter().all(Result::is_ok));
        }
        store.delete_bucket(SYSTEM, &bucket()).await.expect("an empty bucket goes");
        self.world.reclaim().await.expect("reclaims");
        self.world.sweep().await.expect("sweeps");
        self.world.assert_bare("after the last version").await;
        for table in ["v", "w", "t"] {
            assert_eq!(self.world.rows(table).await, 0, "rows of table {table}");
        }
    }
}
