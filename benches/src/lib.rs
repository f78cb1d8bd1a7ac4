//! edgecull-benches
