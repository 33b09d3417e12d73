//! Files with mistakes and the exact messages they lead to: `NAME.toml` beside `NAME.expected`.

use std::fs;
use std::path::Path;

/// Checks every fixture of a folder. `MIDWATCH_BLESS=1` writes what is said now; read it before
/// you keep it.
pub fn check(folder: &str, complain: impl Fn(&str) -> Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        count += 1;
        let said = complain(path.to_str().unwrap());
        let said: String = said.iter().map(|line| line.replace(&format!("{}/", folder.display()), "") + "\n").collect();
        let expected = path.with_extension("expected");
        if std::env::var_os("MIDWATCH_BLESS").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(said, wanted, "{}", path.display());
    }
    assert!(count >= 6, "only {count} fixtures in {}", folder.display());
}
