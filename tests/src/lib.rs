//! edgecull-tests
