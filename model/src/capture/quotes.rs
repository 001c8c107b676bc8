//! Texts in quotes: which quotes there are, and what escapes between them stand for.

/// Straight quotes, and those that word processors make of them.
pub(super) fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

/// The quote that closes a text.
pub(super) fn closing(open: char) -> char {
    match open {
        '“' => '”',
        '‘' => '’',
        other => other,
    }
}

/// What the text between quotes stands for; `token` is it with them. Escapes are read as JSON's where they are, else as
/// those of JavaScript and Python.
pub(super) fn unescape(token: &str, inner: &str) -> String {
    if let Ok(text) = serde_json::from_str(token) {
        return text;
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        let escape = if char == '\\' { chars.next() } else { None };
        text.push(match escape {
            None => char,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(kind @ ('x' | 'u')) => {
                let digits = if kind == 'x' { 2 } else { 4 };
                let hex = chars.as_str().get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match hex.and_then(char::from_u32) {
                    Some(char) => {
                        chars = chars.as_str()[digits..].chars();
                        char
                    }
                    None => kind,
                }
            }
            Some(other) => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json_javascript_and_python_are_read() {
        for (token, want) in [
            (r#""a\"b\u00e9\ud83d\ude00""#, "a\"bé😀"),
            (r"'it\'s'", "it's"),
            (r"'\x41\u00e9\n\\'", "Aé\n\\"),
            (r"'\xzz\u12'", "xzzu12"),
        ] {
            assert_eq!(unescape(token, &token[1..token.len() - 1]), want, "{token}");
        }
    }
}
