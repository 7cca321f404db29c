//! How a feed's server knows us: where the secrets are, never what they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `auth` of a feed. Every secret is named by the variable or the file that holds it, so that neither a configuration
/// nor anything printed from it can give one away; it is read when it is needed, so that a file may be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// User name of basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The environment variable that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// The file that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// The environment variable that holds a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_env: Option<String>,
    /// The file that holds a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_file: Option<String>,
    /// The environment variable that holds the value of the header `Cookie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_env: Option<String>,
    /// The file that holds the value of the header `Cookie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_file: Option<String>,
    /// The name of a header of the publisher's own, such as `X-Api-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The environment variable that holds its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_env: Option<String>,
    /// The file that holds its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_file: Option<String>,
}

/// Where one secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretAt<'a> {
    /// In this environment variable.
    Variable(&'a str),
    /// In this file, whose last line end does not count.
    File(&'a str),
}

/// The kinds of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// Basic authentication with this user name.
    Basic(&'a str),
    /// A bearer token.
    Bearer,
    /// A cookie.
    Cookie,
    /// A header of this name.
    Header(&'a str),
}

impl Auth {
    /// Each kind of credentials that is stated, and where its secret is; none of a kind that is stated in part.
    pub fn credentials(&self) -> Vec<(Credential<'_>, SecretAt<'_>)> {
        let kinds = [
            (self.username.as_deref().map(Credential::Basic), &self.password_env, &self.password_file),
            (Some(Credential::Bearer), &self.bearer_env, &self.bearer_file),
            (Some(Credential::Cookie), &self.cookie_env, &self.cookie_file),
            (self.header.as_deref().map(Credential::Header), &self.header_env, &self.header_file),
        ];
        let mut stated = Vec::new();
        for (kind, variable, file) in kinds {
            let variable = variable.as_deref().map(SecretAt::Variable);
            stated.extend(kind.zip(variable.or(file.as_deref().map(SecretAt::File))));
        }
        stated
    }

    /// What is stated in part or twice, in words.
    pub fn problem(&self) -> Option<&'static str> {
        let both = |variable: &Option<String>, file: &Option<String>| variable.is_some() && file.is_some();
        let any = |variable: &Option<String>, file: &Option<String>| variable.is_some() || file.is_some();
        if both(&self.password_env, &self.password_file)
            || both(&self.bearer_env, &self.bearer_file)
            || both(&self.cookie_env, &self.cookie_file)
            || both(&self.header_env, &self.header_file)
        {
            return Some("a secret is named by a variable and by a file: write one of the two");
        }
        if self.username.is_some() != any(&self.password_env, &self.password_file) {
            return Some("basic authentication needs `username` and one of `password_env` and `password_file`");
        }
        if self.header.is_some() != any(&self.header_env, &self.header_file) {
            return Some("a header needs its name in `header` and one of `header_env` and `header_file`");
        }
        if self.username.is_some() && any(&self.bearer_env, &self.bearer_file) {
            return Some("both basic authentication and a bearer token: a request has room for one of them");
        }
        if self.credentials().is_empty() {
            return Some("names no credentials: write for example { bearer_file = \"/run/secrets/wire\" }");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_in_part_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let basic = Auth { username: some("desk"), password_env: some("WIRE"), ..Auth::default() };
        assert_eq!(basic.problem(), None);
        assert_eq!(basic.credentials(), [(Credential::Basic("desk"), SecretAt::Variable("WIRE"))]);
        assert!(Auth { username: some("desk"), ..Auth::default() }.problem().is_some());
        assert!(Auth { bearer_env: some("A"), ..basic.clone() }.problem().is_some());
        assert!(Auth { password_file: some("/a"), ..basic }.problem().is_some());
        assert!(Auth { header_file: some("/a"), ..Auth::default() }.problem().is_some());
        assert!(Auth::default().problem().is_some());
        let cookie = Auth { cookie_file: some("/a"), ..Auth::default() };
        assert_eq!(cookie.credentials(), [(Credential::Cookie, SecretAt::File("/a"))]);
    }
}
