//! File permissions in octal, as users write them.

use std::str::FromStr;

use super::ConfigError;

/// Permission bits up to `777` that let at least the owner read the file. Systems without them ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMode(u32);

impl FileMode {
    /// The bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl FromStr for FileMode {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let bits = u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o777 && !text.starts_with('+'));
        let refused = || ConfigError::Range(format!("invalid file mode {text:?}: expected octal digits, such as 640"));
        let bits = bits.ok_or_else(refused)?;
        if bits & 0o400 == 0 {
            let reason = "the owner must be able to read the file, because later runs read it: add 400";
            return Err(ConfigError::Range(reason.to_owned()));
        }
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_modes_are_octal() {
        assert_eq!("640".parse::<FileMode>().unwrap().bits(), 0o640);
        assert_eq!("0600".parse::<FileMode>().unwrap().bits(), 0o600);
        assert_eq!("440".parse::<FileMode>().unwrap().bits(), 0o440);
        for text in ["0", "000", "200", "077"] {
            assert!(text.parse::<FileMode>().unwrap_err().to_string().contains("the owner must"), "{text}");
        }
        for text in ["", "888", "1777", "rw-r-----", "+600", "-1"] {
            assert!(text.parse::<FileMode>().is_err(), "{text}");
        }
    }
}
