//! The secrets that a feed's configuration names, as headers of a request.
//!
//! Read when they are needed, so that a token in a file may be renewed while the daemon runs. What is read is never kept,
//! logged or repeated; a problem names the variable or the file.

use super::problem::{CREDENTIALS_MISSING, FetchError};
use crate::model::{Auth, Credential, SecretAt};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Larger files hold something else.
const MAX_SECRET: u64 = 64 << 10;

/// Headers that are ours to set: a credential in one of them would break the request or the limits.
const OURS: [HeaderName; 14] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::COOKIE,
    header::HOST,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::RANGE,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
];

/// The headers by which a server knows us.
pub(super) fn headers(auth: &Auth) -> Result<HeaderMap, FetchError> {
    let missing = |detail: String| FetchError::refused(CREDENTIALS_MISSING, detail);
    let mut headers = HeaderMap::new();
    for (credential, at) in auth.credentials() {
        let secret = read(at).map_err(missing)?;
        let (name, value) = match credential {
            Credential::Basic(user) => {
                (header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))))
            }
            Credential::Bearer => (header::AUTHORIZATION, format!("Bearer {secret}")),
            Credential::Cookie => (header::COOKIE, secret),
            Credential::Header(name) => {
                (header_name(name).ok_or_else(|| missing(format!("no header: {name}")))?, secret)
            }
        };
        // Not even the library's error, which might one day repeat the value.
        let mut value =
            HeaderValue::from_str(&value).map_err(|_| missing(format!("{} cannot stand in a header", place(at))))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// A header that may carry a credential.
pub(crate) fn header_name(name: &str) -> Option<HeaderName> {
    name.parse::<HeaderName>().ok().filter(|name| !OURS.contains(name))
}

/// Reads one secret; the error says where it was looked for.
pub(crate) fn read(at: SecretAt<'_>) -> Result<String, String> {
    let text = match at {
        SecretAt::Variable(name) => std::env::var(name).map_err(|_| format!("{} is not set", place(at)))?,
        SecretAt::File(path) => {
            let size = std::fs::metadata(path).map_err(|error| format!("{}: {error}", place(at)))?.len();
            if size > MAX_SECRET {
                return Err(format!("{} holds {size} bytes: no secret", place(at)));
            }
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", place(at)))?
        }
    };
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(format!("{} is empty", place(at))) } else { Ok(secret.to_owned()) }
}

fn place(at: SecretAt<'_>) -> String {
    match at {
        SecretAt::Variable(name) => format!("the variable {name}"),
        SecretAt::File(path) => format!("the file {path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_files_and_are_never_repeated() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name).display().to_string();
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let auth = Auth {
            username: Some("desk".to_owned()),
            password_file: file("password", "hunter2\n"),
            cookie_file: file("cookie", "session=abc"),
            header: Some("X-Api-Key".to_owned()),
            header_file: file("key", "k-1"),
            ..Auth::default()
        };
        let headers = headers(&auth).unwrap();
        assert_eq!(headers[header::AUTHORIZATION], "Basic ZGVzazpodW50ZXIy");
        assert_eq!(
            (&headers[header::COOKIE], &headers["x-api-key"]),
            (&"session=abc".parse().unwrap(), &"k-1".parse().unwrap())
        );
        assert!(!format!("{headers:?}").contains("abc"), "{headers:?}");
        for (auth, shown) in [
            (Auth { bearer_file: Some("/nowhere/token".to_owned()), ..Auth::default() }, "/nowhere/token"),
            (
                Auth { bearer_env: Some("DATELINE_NO_SUCH".to_owned()), ..Auth::default() },
                "DATELINE_NO_SUCH is not set",
            ),
            (Auth { bearer_file: file("empty", "\n"), ..Auth::default() }, "is empty"),
            (Auth { bearer_file: file("lines", "abc\ndef"), ..Auth::default() }, "cannot stand in a header"),
        ] {
            let error = super::headers(&auth).unwrap_err();
            let detail = &error.issue().detail;
            assert!(detail.contains(shown) && !detail.contains("abc"), "{detail}");
            assert_eq!(error.issue().code, CREDENTIALS_MISSING);
        }
        assert_eq!(header_name("If-None-Match"), None);
        assert_eq!(header_name("Cookie: x"), None);
    }
}
