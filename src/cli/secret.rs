//! Files that hold a secret, and how messages name them: somebody may give the secret itself where a path is asked for.

use std::path::Path;

/// A name that is this short is no secret.
const SHORT: usize = 12;
/// Characters of a name that may be one.
const SHOWN: usize = 4;

/// A path; what may be the secret itself is shortened: what is not there, nor is the folder that it is to be in.
pub fn named(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let text = path.to_string_lossy();
    if path.symlink_metadata().is_ok() || folder.is_some_and(Path::is_dir) || text.chars().count() < SHORT {
        return text.into_owned();
    }
    format!(
        "{}… (the name of a file is wanted here, and not the secret itself)",
        text.chars().take(SHOWN).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_the_secret_is_shortened() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("0123456789abcdef");
        assert_eq!(named(&file), file.display().to_string());
        assert_eq!(named(Path::new("token")), "token");
        assert_eq!(named(Path::new("Cargo.toml")), "Cargo.toml");
        for secret in ["lk_live_4f1d0c77a9b84e5f9d3c", "c2VjcmV0/c2VjcmV0+c2VjcmV0", "0123456789ab"] {
            let named = named(Path::new(secret));
            assert!(named.starts_with(&secret[..4]) && !named.contains(&secret[..5]), "{named}");
        }
    }
}
