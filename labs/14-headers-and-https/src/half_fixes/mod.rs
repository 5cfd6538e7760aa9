//! Tempting repairs that still fail a claim, one idea per file.
