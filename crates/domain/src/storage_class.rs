//! The two storage classes that R2 has. Larder keeps both on the same disk: the class is only remembered and shown.

/// Where an object's bytes are said to live.
///
/// Spec: R2 docs, storage classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StorageClass {
    /// `STANDARD`.
    #[default]
    Standard,
    /// `STANDARD_IA`: infrequent access.
    StandardIa,
}

impl StorageClass {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::StandardIa];

    /// The name in S3's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardIa => "STANDARD_IA",
        }
    }

    /// The class of a name in S3's spelling, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_r2s_classes() {
        for class in StorageClass::ALL {
            assert_eq!(StorageClass::from_name(class.name()), Some(class));
        }
        for other in ["", "standard", "GLACIER", "InfrequentAccess"] {
            assert_eq!(StorageClass::from_name(other), None);
        }
    }
}
