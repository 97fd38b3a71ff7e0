//! hoopoe
