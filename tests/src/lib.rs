//! Whole-book tests live in tests/.
