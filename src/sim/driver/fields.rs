//! For tests: the changes of each field of the driver.

use super::Driver;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Driver {
        next: [|driver| driver.next += 1],
        waiting: [|driver| driver.waiting = !driver.waiting],
        released: [|driver| driver.released = !driver.released],
        component: [|driver| driver.component += 1],
        // How many failed besides the first one only weighs what is drawn next.
        failed: [|driver| driver.failed = u16::from(driver.failed == 0)],
        fails: [|driver| driver.fails = !driver.fails],
        passed_over: [|driver| driver.passed_over ^= 1],
    }
}
