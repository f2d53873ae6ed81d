//! The steps of a history that change no content: of a version its tags and its legal hold, of the bucket its versioning and
//! its locks.

use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::object_lock::ObjectLockConfig;
use domain::versioning::Versioning;
use domain::{BucketLocks, Error, ObjectKey, VersionId};
use meta::tables::version::Note;
use store::VersionRef;

use super::{History, SYSTEM};
use crate::world::bucket;

impl History {
    pub(super) async fn tag(&mut self) {
        let (key, tags) = (self.key(), self.tags());
        let version = self.dice.coin().then(|| self.some_version(&key));
        let object = VersionRef { key: &key, version };
        let tagged = self.world.store.put_object_tags(SYSTEM, &bucket(), object, &tags).await;
        let found = self.model.wanted(&key, version).map(|(held, _)| held.id);
        assert_eq!(tagged, found.clone().map(|id| self.model.shown(id)));
        self.change_note(&key, found.ok(), |note| note.tags = tags.clone());
    }

    pub(super) async fn hold(&mut self) {
        let (key, legal_hold) = (self.key(), self.dice.coin());
        let version = self.dice.coin().then(|| self.some_version(&key));
        let object = VersionRef { key: &key, version };
        let held = self.world.store.put_legal_hold(SYSTEM, &bucket(), object, legal_hold).await;
        let found = match self.model.has_lock {
            true => self.model.wanted(&key, version).map(|(held, _)| held.id),
            false => Err(Error::ObjectLockNotEnabled),
        };
        assert_eq!(held, found.clone().map(drop));
        self.change_note(&key, found.ok(), |note| note.lock.legal_hold = legal_hold);
    }

    fn change_note(&mut self, key: &ObjectKey, id: Option<VersionId>, change: impl Fn(&mut Note)) {
        let versions = self.model.keys.entry(key.clone()).or_default();
        versions.iter_mut().filter(|held| Some(held.id) == id).for_each(|held| change(&mut held.note));
    }

    pub(super) async fn turn(&mut self) {
        let to = self.any(&[Versioning::Enabled, Versioning::Suspended]);
        let turned = self.world.store.put_versioning(SYSTEM, &bucket(), to).await;
        if self.model.has_lock && to != Versioning::Enabled {
            assert_eq!(turned, Err(Error::InvalidBucketState));
            return;
        }
        assert_eq!(turned, Ok(()));
        self.model.versioning = to;
        if self.locks && to == Versioning::Enabled && self.dice.coin() {
            let config = ObjectLockConfig::default();
            self.world.store.put_object_lock(SYSTEM, &bucket(), config).await.expect("locks");
            self.model.has_lock = true;
        }
    }
    /// Locks some keys for a while, or lifts that.
    pub(super) async fn lock(&mut self) {
        let rule = BucketLockRule {
            id: "keep".into(),
            enabled: true,
            prefix: self.any(&["", "a/", "b"]).into(),
            condition: LockCondition::Age { seconds: self.any(&[1, 5]) },
        };
        let rules = if self.dice.below(3) == 0 { vec![rule] } else { Vec::new() };
        let locks = BucketLocks::new(rules).expect("valid");
        self.world.store.put_bucket_locks(SYSTEM, &bucket(), &locks).await.expect("locks");
        self.model.locks = locks;
    }
}
