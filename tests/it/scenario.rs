//! What a person does, as keys, and what they see and what is sent.

use crate::drive::Console;

#[test]
fn look() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut console = Console::start(size, "bad-deploy");
        console.pass(30);
        println!("{}", console.screen());
        console.keys("enter");
        console.pass(1);
        println!("{}", console.screen());
        console.keys("right");
        println!("{}", console.screen());
        console.keys("esc s");
        println!("{}", console.screen());
    }
}
