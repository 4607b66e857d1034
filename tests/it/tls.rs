//! Exports as in production: TLS, HTTP/2 via ALPN, and certificates that are trusted, or rejected with a reason.

use std::io::Write;
use std::sync::{Arc, Mutex};

use linq_export::config::{ContactsConfig, PerPage};
use linq_export::events::{Event, Reporter};
use linq_export::sandbox::{Certificate, Protocol, Protocols, Sandbox, SandboxConfig, Tls};

use crate::support::{Ran, config, export, export_telling, folder, ndjson_rows, path, program, ran, truth};

/// Contacts in thirty pages of [`PER_PAGE`].
pub const CONTACTS: usize = 595;
const PER_PAGE: u32 = 20;

/// A sandbox of [`CONTACTS`] over TLS.
pub async fn secure(certificate: Certificate, protocols: Protocols, faults: &[&str]) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.contacts = CONTACTS as u64;
    config.tls = Some(Tls::new(certificate, protocols));
    config.faults = faults.iter().map(|rule| rule.parse().unwrap()).collect();
    Sandbox::start(config).await.unwrap()
}

fn trusting(sandbox: &Sandbox) -> ContactsConfig {
    let mut config = config(sandbox);
    config.ca_certificates = sandbox.ca_pem().unwrap().as_bytes().to_vec();
    config.per_page = PerPage::new(PER_PAGE).unwrap();
    config
}

/// Runs the program against a sandbox of this process.
pub async fn export_by_program(base_url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let fixed = ["contacts", "-o", "-", "--format", "ndjson", "--rate", "10000", "--base-url", base_url];
    let mut command = program(&[&fixed[..], arguments].concat());
    command.env("LINQ_INTEGRATION_TOKEN", linq_export::sandbox::TOKEN);
    command.env("LINQ_EXPORT_BACKOFF", "1ms").env("LINQ_EXPORT_MAX_OUTAGE", "100ms");
    command.envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || ran(command.output().unwrap())).await.unwrap()
}

/// Collects what made pages be asked for again.
#[derive(Debug, Default)]
struct Retries(Mutex<Vec<(u64, String)>>);

impl Reporter for Retries {
    fn report(&self, event: &Event) {
        if let Event::Retrying { page, cause, .. } = event {
            self.0.lock().unwrap().push((*page, cause.clone()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_better_of_two_protocols_is_agreed_upon_and_gives_the_same_rows() {
    for (protocols, agreed) in [(Protocols::Http2AndHttp1, Protocol::Http2), (Protocols::Http1, Protocol::Http1)] {
        let sandbox = secure(Certificate::Good, protocols, &[]).await;
        let folder = folder();
        let path = folder.path().join("contacts.ndjson");
        let summary = export(trusting(&sandbox), &path).await.unwrap();
        assert_eq!(ndjson_rows(&std::fs::read_to_string(&path).unwrap()), truth(&sandbox));
        assert_eq!((summary.read.pages, summary.read.requests), (30, 31));
        assert!(sandbox.requests().iter().all(|seen| seen.protocol == agreed), "{protocols:?}");
    }
}

/// What ends a connection under HTTP/2 ends the streams on it, 16 at most; under HTTP/1.1 it has but one request.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_in_mid_run_costs_retries_and_not_the_run() {
    for (fault, says, most) in [
        ("refused-stream", "the connection broke: http2 error: stream error received: refused stream before", 1),
        ("goaway", "the connection broke: http2 error: ", 16),
        ("short-body", "the response was cut off: ", 1),
        ("reset", "the connection broke: ", 16),
        ("reset-body", "the response was cut off: ", 16),
    ] {
        let kind = says.split(": ").next().unwrap();
        for (protocols, says, most) in [(Protocols::Http2AndHttp1, says, most), (Protocols::Http1, kind, 1)] {
            let sandbox = secure(Certificate::Good, protocols, &[&format!("{fault}:page=12,times=1")]).await;
            let folder = folder();
            let path = folder.path().join("contacts.ndjson");
            let seen = Arc::new(Retries::default());
            let summary = export_telling(trusting(&sandbox), &path, seen.clone()).await.unwrap();
            assert_eq!(ndjson_rows(&std::fs::read_to_string(&path).unwrap()), truth(&sandbox));
            let causes = seen.0.lock().unwrap();
            assert!((1..=most).contains(&causes.len()), "{fault}, {protocols:?}: {causes:?}");
            assert_eq!(summary.read.requests, 31 + causes.len() as u64, "{fault}, {protocols:?}");
            assert!(causes.iter().any(|(page, cause)| *page == 12 && cause.contains(says)), "{fault}: {causes:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_given_by_option_or_by_environment() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &[]).await;
    let folder = folder();
    let file = path(&folder, "authority.pem");
    std::fs::write(&file, sandbox.ca_pem().unwrap()).unwrap();
    let base_url = sandbox.base_url();
    for (arguments, environment) in [
        (&["--ca-cert", &file][..], vec![]),
        (&[], vec![("SSL_CERT_FILE", &*file)]),
        (&[], vec![("LINQ_EXPORT_CA_CERT", &*file)]),
    ] {
        let ran = export_by_program(&base_url, arguments, &environment).await;
        assert_eq!((ran.code, ndjson_rows(&ran.stdout).len()), (Some(0), CONTACTS), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_refused_at_once_and_the_text_says_why() {
    let other = secure(Certificate::Good, Protocols::default(), &[]).await;
    for (certificate, stranger, says) in [
        (Certificate::Good, true, &["a CA that", "does not trust", "--ca-cert", "SSL_CERT_FILE"][..]),
        (Certificate::Expired, false, &["it has expired on 2021-01-01T00:00:00Z", "renew"]),
        (
            Certificate::WrongName,
            false,
            &["not valid for the name localhost, only for elsewhere.invalid", "--base-url"],
        ),
    ] {
        let sandbox = secure(certificate, Protocols::default(), &[]).await;
        let mut authority = tempfile::NamedTempFile::new().unwrap();
        let trusted = if stranger { &other } else { &sandbox };
        authority.write_all(trusted.ca_pem().unwrap().as_bytes()).unwrap();
        let arguments = ["--ca-cert", authority.path().to_str().unwrap(), "--max-outage", "1h", "--backoff", "1h"];
        let ran = export_by_program(&sandbox.base_url(), &arguments, &[]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(69), ""), "{certificate:?}: {}", ran.stderr);
        for part in [&["page 1, attempt 1: the server's TLS certificate was rejected: it "], says].concat() {
            assert!(ran.stderr.contains(part), "{certificate:?}: {}", ran.stderr);
        }
        assert_eq!(sandbox.request_count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_that_cannot_be_read_are_wrong_usage() {
    let folder = folder();
    let file = path(&folder, "authority.pem");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (content, says) in [
        ("", "is empty"),
        ("der, perhaps", "no PEM certificate found"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "cannot read certificate 1"),
        (broken, "cannot read certificate 1"),
    ] {
        std::fs::write(&file, content).unwrap();
        let ran = export_by_program("https://localhost:1", &["--ca-cert", &file], &[]).await;
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("--ca-cert"), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_authorities_can_still_use_plain_http_on_itself() {
    let nothing = [("SSL_CERT_FILE", "/dev/null")];
    let sandbox = crate::support::sandbox(100).await;
    let plain = export_by_program(&sandbox.base_url(), &[], &nothing).await;
    assert_eq!(plain.code, Some(0), "{}", plain.stderr);
    let secure = export_by_program("https://localhost:1", &[], &nothing).await;
    assert_eq!(secure.code, Some(69), "{}", secure.stderr);
    assert!(secure.stderr.contains("--ca-cert or SSL_CERT_FILE"), "{}", secure.stderr);
}
