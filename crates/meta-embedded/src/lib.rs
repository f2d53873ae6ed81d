//! `Engine` on one local disk: the commit log is the truth, one writer, group commit; the index is disposable.
