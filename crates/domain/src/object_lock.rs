//! S3 Object Lock: retention and legal holds of single versions, a bucket's default retention, and whether a version
//! may go. A version is never overwritten, only deleted by its id; deleting without one leaves a marker and takes
//! nothing away, so this asks about removal alone. A bucket without versioning asks on overwriting too.

#[cfg(test)]
mod tests;

use jiff::tz::Offset;

use crate::bucket_lock::LockEnd;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::limits::{RETENTION_MAX_DAYS, RETENTION_MAX_YEARS};

/// What keeps one version from being removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLock {
    /// Until when, and how firmly.
    pub retention: Option<Retention>,
    /// Whether it is held until somebody lifts the hold.
    pub legal_hold: bool,
}

/// A version's retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How firmly.
    pub mode: RetentionMode,
    /// Until when; at that moment it no longer holds.
    pub until: Timestamp,
}

/// How firmly a version is kept.
///
/// Spec: Amazon S3 user guide, Object Lock, retention modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionMode {
    /// `GOVERNANCE`: those who may bypass it can shorten it and remove the version.
    Governance,
    /// `COMPLIANCE`: nobody can.
    Compliance,
}

impl RetentionMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Governance, Self::Compliance];

    /// The name in S3's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The mode of a name in S3's spelling, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// A bucket with object lock, and what new versions get that come without retention of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLockConfig {
    /// The default, if any.
    pub default_retention: Option<DefaultRetention>,
}

/// Retention that begins when a version is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    /// How firmly.
    pub mode: RetentionMode,
    /// For how long.
    pub period: RetentionPeriod,
}

/// A period of whole days or calendar years; checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPeriod {
    unit: PeriodUnit,
    count: u32,
}

/// What a period counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodUnit {
    /// 24 hours each.
    Days,
    /// To the same day of a later year; from 29 February to the 28th where there is no 29th.
    Years,
}

/// A period of nothing, or one longer than S3 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionPeriodFault {
    /// Zero.
    #[error("Default retention period must be a positive integer value")]
    Zero,
    /// Over [`RETENTION_MAX_DAYS`] or [`RETENTION_MAX_YEARS`].
    #[error("A default retention is at most {RETENTION_MAX_DAYS} days or {RETENTION_MAX_YEARS} years.")]
    TooLong,
}

impl RetentionPeriod {
    /// Checks a period.
    ///
    /// # Errors
    /// [`RetentionPeriodFault`].
    pub const fn new(unit: PeriodUnit, count: u32) -> Result<Self, RetentionPeriodFault> {
        let max = match unit {
            PeriodUnit::Days => RETENTION_MAX_DAYS,
            PeriodUnit::Years => RETENTION_MAX_YEARS,
        };
        match count {
            0 => Err(RetentionPeriodFault::Zero),
            count if count > max => Err(RetentionPeriodFault::TooLong),
            count => Ok(Self { unit, count }),
        }
    }

    /// What it counts.
    #[must_use]
    pub const fn unit(self) -> PeriodUnit {
        self.unit
    }

    /// How many of them.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The end of a period that begins then; the last moment there is when the calendar does not reach so far.
    #[must_use]
    pub fn end(self, start: Timestamp) -> Timestamp {
        let years = || {
            let start = jiff::Timestamp::from_millisecond(start.as_millis()).ok()?;
            let span = jiff::Span::new().try_years(self.count).ok()?;
            let end = Offset::UTC.to_datetime(start).checked_add(span).ok()?;
            Some(Timestamp::from_millis(Offset::UTC.to_timestamp(end).ok()?.as_millisecond()))
        };
        match self.unit {
            PeriodUnit::Days => start.plus_seconds(u64::from(self.count) * crate::lifecycle::DAY_SECONDS),
            PeriodUnit::Years => years().unwrap_or(Timestamp::from_millis(i64::MAX)),
        }
    }
}

impl DefaultRetention {
    /// The retention of a version that is stored now.
    #[must_use]
    pub fn begin(self, now: Timestamp) -> Retention {
        Retention { mode: self.mode, until: self.period.end(now) }
    }
}

impl Retention {
    /// Whether it holds.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until > now
    }

    fn yields_to(&self, bypass_governance: bool) -> bool {
        self.mode == RetentionMode::Governance && bypass_governance
    }
}

impl ObjectLock {
    /// Whether the version may be removed now, by someone who may `bypass_governance` and asks to.
    ///
    /// # Errors
    /// [`Error::ObjectLocked`].
    ///
    /// Spec: Amazon S3 user guide, Object Lock, how it works. A legal hold and retention are independent.
    pub fn check_removal(&self, now: Timestamp, bypass_governance: bool) -> Result<(), Error> {
        if self.legal_hold {
            return Err(Error::ObjectLocked { until: LockEnd::Never });
        }
        match self.retention {
            Some(retention) if retention.is_active(now) && !retention.yields_to(bypass_governance) => {
                Err(Error::ObjectLocked { until: LockEnd::At(retention.until) })
            }
            _ => Ok(()),
        }
    }

    /// Whether the version's retention may be replaced now, or with `None` taken away. While it is active it may become
    /// longer in its mode; anything else only a bypass of governance permits.
    ///
    /// # Errors
    /// [`Error::RetentionInThePast`], [`Error::ObjectLocked`].
    ///
    /// Spec: Amazon S3 API, PutObjectRetention; user guide, Object Lock, retention modes.
    pub fn check_retention(
        &self,
        new: Option<Retention>,
        now: Timestamp,
        bypass_governance: bool,
    ) -> Result<(), Error> {
        if let Some(new) = new
            && !new.is_active(now)
        {
            return Err(Error::RetentionInThePast { until: new.until });
        }
        let Some(current) = self.retention.filter(|current| current.is_active(now)) else { return Ok(()) };
        let is_kept = new.is_some_and(|new| new.mode == current.mode && new.until >= current.until);
        if is_kept || current.yields_to(bypass_governance) {
            Ok(())
        } else {
            Err(Error::ObjectLocked { until: LockEnd::At(current.until) })
        }
    }
}
