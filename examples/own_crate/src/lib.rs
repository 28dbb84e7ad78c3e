//! The code that a team tests would be here.
