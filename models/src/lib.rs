//! edgecull-models
