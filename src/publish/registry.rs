//! A schema registry, by the protocol of Confluent's, which others speak too.
//!
//! In come subjects and schemas, out go the ids under which the registry knows them, and schemas by their ids. A schema
//! that does not fit what its subject has held is never registered: the error says what the registry holds against it,
//! and the program ends. A registry that is away is waited for like a broker.

use super::{PublishError, RegistryOptions};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The media type of what is asked and answered.
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

const EXIT_DENIED: u8 = 77;
const EXIT_CONFIG: u8 = 78;

/// A registry.
#[derive(Debug)]
pub(super) struct Registry {
    client: Client,
    base: Url,
    login: Option<(String, String)>,
    auto_register: bool,
}

/// What the registry answers when it does not do what it was asked.
struct Refused {
    status: StatusCode,
    message: String,
}

/// How the registry is told of a schema.
pub(super) fn request(kind: &str, schema: &Value) -> Value {
    json!({ "schemaType": kind, "schema": schema.to_string() })
}

impl Registry {
    /// The registry that the options name, if any; its password is read.
    pub(super) fn open(options: &RegistryOptions) -> Result<Option<Self>, PublishError> {
        if options.url.is_empty() {
            return Ok(None);
        }
        let wrong = |why: String| fatal(EXIT_CONFIG, format!("publish.kafka.schema_registry: {why}"));
        // Relative addresses replace what stands behind the last slash.
        let base = Url::parse(&format!("{}/", options.url.trim_end_matches('/')));
        let base = base.map_err(|error| wrong(format!("cannot read {:?} as an address: {error}", options.url)))?;
        let login = options.username.clone().zip(options.password().map_err(wrong)?);
        // No connection is kept: it is asked a few times and then no more.
        let client = Client::builder().timeout(ANSWER).pool_max_idle_per_host(0);
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| wrong(format!("cannot set up a client: {error}")))?;
        Ok(Some(Self { client, base, login, auto_register: options.auto_register }))
    }

    /// The id of a subject's schema, which is registered where that is allowed and it fits; `kind` is `AVRO` or `JSON`.
    pub(super) async fn settle(&self, subject: &str, kind: &str, schema: &Value) -> Result<u64, PublishError> {
        let body = request(kind, schema);
        let found = self.ask(Method::POST, &["subjects", subject], Some(&body)).await?;
        let missing = match found {
            Ok(found) => return self.id(subject, &found),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => refused,
            Err(refused) => return Err(self.refuse(subject, &refused.message)),
        };
        if !self.auto_register {
            let why = format!(
                "{}, and auto_register is false: register what `dateline schema subjects` prints",
                missing.message
            );
            return Err(self.refuse(subject, &why));
        }
        let place = ["compatibility", "subjects", subject, "versions", "latest"];
        match self.ask(Method::POST, &place, Some(&body)).await? {
            Ok(answer) if answer["is_compatible"] == false => {
                let says = |messages: &Value| {
                    messages.as_array().map_or_else(String::new, |messages| {
                        messages.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
                    })
                };
                let why = format!(
                    "the schema of this version does not fit those that are registered there ({}); set the subject's \
                     compatibility, or publish under another topic_prefix",
                    says(&answer["messages"])
                );
                return Err(self.refuse(subject, &why));
            }
            // Nothing is registered there yet.
            Err(refused) if refused.status != StatusCode::NOT_FOUND => {
                return Err(self.refuse(subject, &refused.message));
            }
            _ => {}
        }
        match self.ask(Method::POST, &["subjects", subject, "versions"], Some(&body)).await? {
            Ok(answer) => {
                let id = self.id(subject, &answer)?;
                tracing::info!(subject, id, kind, "schema registered");
                Ok(id)
            }
            Err(refused) => Err(self.refuse(subject, &refused.message)),
        }
    }

    /// The schema of an id, and whether it is Avro.
    pub(super) async fn schema(&self, id: u64) -> Result<(Value, bool), PublishError> {
        let wrong = |why: &str| self.refuse(&format!("id {id}"), why);
        let answer = self.ask(Method::GET, &["schemas", "ids", &id.to_string()], None).await?;
        let answer = answer.map_err(|refused| wrong(&refused.message))?;
        let text = answer["schema"].as_str().ok_or_else(|| wrong("its answer holds no schema"))?;
        let schema = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        // Avro is what a schema is when nothing is said.
        Ok((schema, answer["schemaType"].as_str().is_none_or(|kind| kind == "AVRO")))
    }

    fn id(&self, subject: &str, answer: &Value) -> Result<u64, PublishError> {
        answer["id"].as_u64().ok_or_else(|| self.refuse(subject, "its answer holds no id"))
    }

    fn refuse(&self, subject: &str, why: &str) -> PublishError {
        fatal(EXIT_CONFIG, format!("schema registry {}: {subject}: {why}", self.base))
    }

    async fn ask(
        &self,
        method: Method,
        place: &[&str],
        body: Option<&Value>,
    ) -> Result<Result<Value, Refused>, PublishError> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(place);
        }
        let mut request = self.client.request(method, url).header("accept", MEDIA_TYPE);
        if let Some((user, password)) = &self.login {
            request = request.basic_auth(user, Some(password));
        }
        if let Some(body) = body {
            request = request.header("content-type", MEDIA_TYPE).body(body.to_string());
        }
        let away =
            |why: String| PublishError::Unavailable(format!("the schema registry at {} is away: {why}", self.base));
        let answer = request.send().await.map_err(|error| away(error.without_url().to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| away(error.without_url().to_string()))?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let message = value["message"].as_str().unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason"));
        match status {
            _ if status.is_success() => Ok(Ok(value)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(fatal(EXIT_DENIED, format!("the schema registry at {} does not let us in: {message}", self.base)))
            }
            _ if status.is_server_error() => Err(away(format!("{status}: {message}"))),
            _ => Ok(Err(Refused { status, message: format!("{status}: {message}") })),
        }
    }
}

fn fatal(exit: u8, message: String) -> PublishError {
    PublishError::Fatal { exit, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// What becomes of a question that is answered so, and the question as it came.
    async fn answered(status: &str, body: &str) -> (Result<u64, PublishError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let secret = directory.path().join("password");
        std::fs::write(&secret, "open sesame\n").unwrap();
        let options = RegistryOptions {
            url: format!("http://{}/base/", listener.local_addr().unwrap()),
            username: Some("desk".to_owned()),
            password_file: Some(secret.display().to_string()),
            ..RegistryOptions::default()
        };
        let registry = Registry::open(&options).unwrap().unwrap();
        let schema = json!("string");
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let serve = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = connection.read(&mut asked).await.unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        };
        tokio::join!(registry.settle("wire.a/b.v1-value", "AVRO", &schema), serve)
    }

    #[tokio::test]
    async fn who_we_are_is_said_and_refusals_are_told_apart() {
        let (settled, asked) = answered("200 OK", r#"{"id":7}"#).await;
        assert_eq!(settled.unwrap(), 7);
        assert!(asked.starts_with("POST /base/subjects/wire.a%2Fb.v1-value HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("authorization: Basic ZGVzazpvcGVuIHNlc2FtZQ==\r\n"), "{asked}");
        let exit = |settled| match settled {
            Err(PublishError::Fatal { exit, message }) => (exit, message),
            other => panic!("{other:?}"),
        };
        let (code, message) = exit(answered("401 Unauthorized", "").await.0);
        assert_eq!(code, EXIT_DENIED);
        assert!(!message.contains("sesame"), "{message}");
        let (code, message) =
            exit(answered("422 Unprocessable Entity", r#"{"error_code":42201,"message":"bad"}"#).await.0);
        assert_eq!(code, EXIT_CONFIG);
        assert!(message.contains("wire.a/b.v1-value: 422 Unprocessable Entity: bad"), "{message}");
        assert!(matches!(answered("503 Service Unavailable", "").await.0, Err(PublishError::Unavailable(_))));
    }
}
